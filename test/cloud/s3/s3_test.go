package s3_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"locksmith/test/cloud/place"
)

// What the tests here call by short names.
const (
	owner  = place.Owner
	region = place.Region
	lock   = place.Lock
)

func TestBucketErrors(t *testing.T) {
	p := place.New(t)
	p.PutBucket("222233334444", region, "theirs")
	ctx, admin, home := context.Background(), s3.NewFromConfig(p.As(owner, region)),
		s3.NewFromConfig(p.As(owner, "us-east-1"))
	create := func(client *s3.Client, name, constraint string) func() error {
		in := &s3.CreateBucketInput{Bucket: &name}
		if constraint != "" {
			in.CreateBucketConfiguration = &s3types.CreateBucketConfiguration{
				LocationConstraint: s3types.BucketLocationConstraint(constraint)}
		}
		return func() error { _, err := client.CreateBucket(ctx, in); return err }
	}
	for _, row := range []struct {
		what string
		call func() error
		want string
	}{
		{"somebody else's name", create(admin, "theirs", region), "BucketAlreadyExists"},
		{"one's own", create(admin, "b", region), "BucketAlreadyOwnedByYou"},
		{"a name that is none", create(admin, "Big_Bucket", region), "InvalidBucketName"},
		{"no Region said, away from us-east-1", create(admin, "new", ""), "IllegalLocationConstraintException"},
		{"another Region said", create(admin, "new", "eu-west-1"), "IllegalLocationConstraintException"},
		{"another Region said, in us-east-1", create(home, "new", "eu-west-1"), "ok"},
		{"a bucket that is nowhere", func() error {
			_, err := admin.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: aws.String("none")})
			return err
		}, "NoSuchBucket"},
		{"an object that is nowhere", func() error {
			_, err := admin.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("b"), Key: aws.String("k")})
			return err
		}, "NoSuchKey"},
		{"a subresource that is not here", func() error {
			_, err := admin.GetBucketAcl(ctx, &s3.GetBucketAclInput{Bucket: aws.String("b")})
			return err
		}, "NotImplemented"},
		{"an upload in parts", func() error {
			_, err := admin.CreateMultipartUpload(ctx,
				&s3.CreateMultipartUploadInput{Bucket: aws.String("b"), Key: aws.String("k")})
			return err
		}, "NotImplemented"},
		{"a copy", func() error {
			_, err := admin.CopyObject(ctx, &s3.CopyObjectInput{Bucket: aws.String("b"), Key: aws.String("k"),
				CopySource: aws.String("b/j")})
			return err
		}, "NotImplemented"},
		{"an unknown key", func() error { return place.GetBucketPolicy(p.As("AKIAEXAMPLE", region)) },
			"InvalidAccessKeyId"},
	} {
		if got := place.Code(row.call()); got != row.want {
			t.Errorf("%s: %s, want %s", row.what, got, row.want)
		}
	}
	out, err := home.GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: aws.String("new")})
	if err != nil || out.LocationConstraint != "eu-west-1" {
		t.Errorf("location %+v %v", out, err)
	}
}

// TestMalformedPolicies: what S3 takes for a policy of this bucket, and what not.
func TestMalformedPolicies(t *testing.T) {
	p := place.New(t)
	for _, row := range []struct{ what, policy, want string }{
		{"a policy for nobody", strings.Replace(lock, `"Principal":"*",`, "", 1), "MalformedPolicy"},
		{"a principal that is gone", strings.Replace(lock, `"Principal":"*"`,
			`"Principal":{"AWS":"AROAEXAMPLEEXAMPLE123"}`, 1), "MalformedPolicy"},
		{"a bucket whose name begins alike", strings.ReplaceAll(lock, ":::b/", ":::bb/"), "MalformedPolicy"},
		{"a policy of 20 KB and a byte", lock + strings.Repeat(" ", 20*1024+1-len(lock)), "MalformedPolicy"},
		{"a policy of 20 KB", lock + strings.Repeat(" ", 20*1024-len(lock)), "ok"},
	} {
		if got := place.Code(place.PutBucketPolicy(p.As(owner, region), row.policy)); got != row.want {
			t.Errorf("%s: %s, want %s", row.what, got, row.want)
		}
	}
}

// TestStatuses: what the status line and the headers say, where clients go by those.
func TestStatuses(t *testing.T) {
	p := place.New(t)
	stranger := strings.Replace(lock, "Deny", "Allow", 1)
	for _, row := range []struct {
		what, method, url, key, policy string
		status                         int
		header, value                  string
	}{
		{"a head", http.MethodHead, "/b", owner, "", 200, "X-Amz-Bucket-Region", region},
		{"a head, refused", http.MethodHead, "/b", owner, lock, 403, "X-Amz-Bucket-Region", region},
		{"by host name", http.MethodGet, "http://b.s3.eu-central-1.amazonaws.com/?policy", owner, "", 404, "", ""},
		{"no policy to delete", http.MethodDelete, "/b?policy", owner, "", 204, "", ""},
		{"a stranger", http.MethodDelete, "/b?policy", "222233334444", "", 403, "", ""},
		{"a stranger who is allowed", http.MethodDelete, "/b?policy", "222233334444", stranger, 405, "", ""},
		{"a stranger who is denied", http.MethodDelete, "/b?policy", "222233334444", lock, 403, "", ""},
	} {
		p.SetPolicy("arn:aws:s3:::b", row.policy)
		w := p.Raw(row.method, row.url, row.key, "s3", "")
		if w.Code != row.status || row.header != "" && w.Header().Get(row.header) != row.value {
			t.Errorf("%s: %d %v %s", row.what, w.Code, w.Header(), w.Body)
		}
	}
	p.PutBucket(owner, "us-west-2", "far")
	if w := p.Raw(http.MethodHead, "/far", owner, "s3", ""); w.Code != 301 ||
		w.Header().Get("X-Amz-Bucket-Region") != "us-west-2" || w.Body.Len() > 0 {
		t.Errorf("another Region: %d %v %s", w.Code, w.Header(), w.Body)
	}
}

// TestChunkedBodies: the body that the SDK sends in signed chunks, or with a checksum behind it.
func TestChunkedBodies(t *testing.T) {
	p := place.New(t)
	for name, body := range map[string]string{
		"signed":  "5;chunk-signature=0123\r\nhello\r\n0;chunk-signature=4567\r\n\r\n",
		"trailer": "3\r\nhel\r\n2\r\nlo\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n",
	} {
		if w := p.Raw(http.MethodPut, "/b/k", owner, "s3", body, "Content-Encoding", "aws-chunked",
			"X-Amz-Content-Sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"); w.Code != 200 {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		if w := p.Raw(http.MethodGet, "/b/k", owner, "s3", ""); w.Body.String() != "hello" {
			t.Errorf("%s: %q", name, w.Body)
		}
	}
	if w := p.Raw(http.MethodPut, "/b/k", owner, "s3", "ffff\r\nhello", "Content-Encoding",
		"aws-chunked"); w.Code != 400 {
		t.Errorf("cut short: %d %s", w.Code, w.Body)
	}
}

func TestObjects(t *testing.T) {
	p := place.New(t)
	ctx, client := context.Background(), s3.NewFromConfig(p.As(owner, region))
	for _, key := range []string{"a/1", "a/2", "b", "c/d/e"} {
		if _, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("b"), Key: &key,
			Body: strings.NewReader("of " + key)}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("b"), Key: aws.String("a/2")})
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(got.Body); string(text) != "of a/2" || err != nil {
		t.Errorf("%q %v", text, err)
	}
	for _, row := range []struct {
		prefix, delimiter, want string
		pages                   int
	}{{"", "", "a/1 a/2 b c/d/e", 2}, {"a/", "", "a/1 a/2", 1}, {"", "/", "a/* b c/*", 1}, {"c/", "/", "c/d/*", 1}} {
		in := &s3.ListObjectsV2Input{Bucket: aws.String("b"), MaxKeys: aws.Int32(3)}
		if row.prefix != "" {
			in.Prefix = &row.prefix
		}
		if row.delimiter != "" {
			in.Delimiter = &row.delimiter
		}
		if keys, pages := listAll(t, client, in); keys != row.want || pages != row.pages {
			t.Errorf("%q by %q: %s in %d pages", row.prefix, row.delimiter, keys, pages)
		}
	}
	if _, err := client.DeleteBucket(ctx, &s3.DeleteBucketInput{
		Bucket: aws.String("b")}); place.Code(err) != "BucketNotEmpty" {
		t.Error(err)
	}
	_, err = client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String("none")})
	if missing := (*s3types.NotFound)(nil); !errors.As(err, &missing) {
		t.Errorf("%v", err)
	}
}

// listAll reads a listing to its end: the keys of every page, then its prefixes, each with a star.
func listAll(t *testing.T, client *s3.Client, in *s3.ListObjectsV2Input) (keys string, pages int) {
	t.Helper()
	var all []string
	for p := s3.NewListObjectsV2Paginator(client, in); p.HasMorePages(); pages++ {
		page, err := p.NextPage(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		rest := page.Contents
		for _, c := range page.CommonPrefixes {
			for len(rest) > 0 && *rest[0].Key < *c.Prefix {
				all, rest = append(all, *rest[0].Key), rest[1:]
			}
			all = append(all, *c.Prefix+"*")
		}
		for _, o := range rest {
			all = append(all, *o.Key)
		}
	}
	return strings.Join(all, " "), pages
}
