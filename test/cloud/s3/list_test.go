package s3_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"locksmith/test/cloud/place"
)

// TestListBucketsByPage: a paged answer ends at its size and tells Regions, one that is not paged has all and tells
// none. Root under its task policy lists its own account.
func TestListBucketsByPage(t *testing.T) {
	p := place.New(t)
	for i := range 5 {
		p.PutBucket(owner, []string{region, "us-east-1"}[i%2], fmt.Sprintf("page-%d", i))
		p.PutBucket(place.Central, region, fmt.Sprintf("other-%d", i))
	}
	c := s3.NewFromConfig(p.Root(t, "S3UnlockBucketPolicy"))
	unpaged, err := c.ListBuckets(t.Context(), nil)
	if err != nil || len(unpaged.Buckets) != 6 || unpaged.Buckets[0].BucketRegion != nil ||
		unpaged.ContinuationToken != nil {
		t.Errorf("unpaged: %+v %v", unpaged, err)
	}
	var found []string
	pages := s3.NewListBucketsPaginator(c, &s3.ListBucketsInput{MaxBuckets: aws.Int32(2)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil || len(page.Buckets) > 2 {
			t.Fatalf("%+v %v", page, err)
		}
		for _, b := range page.Buckets {
			found = append(found, *b.Name+" "+*b.BucketRegion)
		}
	}
	if got, want := fmt.Sprint(found), "[b eu-central-1 page-0 eu-central-1 page-1 us-east-1 page-2 eu-central-1 "+
		"page-3 us-east-1 page-4 eu-central-1]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	some, err := c.ListBuckets(t.Context(), &s3.ListBucketsInput{Prefix: aws.String("page-"),
		BucketRegion: aws.String(region)})
	if err != nil || len(some.Buckets) != 3 || *some.Prefix != "page-" || *some.Buckets[0].BucketRegion != region {
		t.Errorf("by prefix and Region: %+v %v", some, err)
	}
	for _, in := range []s3.ListBucketsInput{{MaxBuckets: aws.Int32(10_001)}, {MaxBuckets: aws.Int32(0)},
		{ContinuationToken: aws.String("!")}} {
		if _, err := c.ListBuckets(t.Context(), &in); place.Code(err) != "InvalidArgument" {
			t.Errorf("%+v: %v", in, err)
		}
	}
}
