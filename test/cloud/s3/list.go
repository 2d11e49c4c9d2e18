package s3

import (
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"locksmith/test/cloud/front"
)

// insert puts a name among others in order.
func insert(names []string, name string) []string {
	at, there := slices.BinarySearch(names, name)
	if there {
		return names
	}
	return slices.Insert(names, at, name)
}

// forget takes a bucket away, if there is one.
func (s *Buckets) forget(name string) {
	b := s.buckets[name]
	if b == nil {
		return
	}
	delete(s.buckets, name)
	s.names[b.account] = slices.DeleteFunc(s.names[b.account], func(n string) bool { return n == name })
}

// maxBuckets is the largest page, and the one that S3 takes where a paged request names none
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html).
const maxBuckets = 10_000

// A search is what a ListBuckets asks for. It is paged where it has any of the parameters.
type search struct {
	paged                 bool
	size                  int
	after, prefix, region string
}

func (r *request) asked() (l search, err *front.Error) {
	query := r.URL.Query()
	l = search{size: maxBuckets, prefix: query.Get("prefix"), region: query.Get("bucket-region")}
	for _, name := range []string{"prefix", "bucket-region", "max-buckets", "continuation-token"} {
		l.paged = l.paged || query.Has(name)
	}
	if query.Has("max-buckets") {
		n, bad := strconv.Atoi(query.Get("max-buckets"))
		if bad != nil || n < 1 || n > maxBuckets {
			return l, front.Refuse("InvalidArgument", "Argument max-buckets must be an integer between 1 and 10000",
				http.StatusBadRequest)
		}
		l.size = n
	}
	if token := query.Get("continuation-token"); token != "" {
		after, bad := base64.StdEncoding.DecodeString(token)
		if bad != nil {
			return l, front.Refuse("InvalidArgument", "The continuation token provided is incorrect",
				http.StatusBadRequest)
		}
		l.after = string(after)
	}
	if l.region != "" && l.region != r.Region {
		return l, front.Refuse("NotImplemented", "this AWS does not know what S3 answers where bucket-region is not the "+
			"endpoint's Region", http.StatusNotImplemented)
	}
	return l, nil
}

// find is one page of an account's buckets, and the token for the next.
func (s *Buckets) find(account string, l search) (page []*bucket, next string) {
	names := s.names[account]
	from, there := slices.BinarySearch(names, l.after)
	if there {
		from++
	}
	for _, name := range names[from:] {
		b := s.buckets[name]
		if l.region != "" && l.region != b.region || !strings.HasPrefix(name, l.prefix) {
			continue
		}
		if l.paged && len(page) == l.size {
			return page, base64.StdEncoding.EncodeToString([]byte(page[len(page)-1].name))
		}
		page = append(page, b)
	}
	return page, ""
}

// listBuckets tells each bucket's Region in a paged answer only. An answer that is not paged has them all.
func (r *request) listBuckets() (func(), *front.Error) {
	if err := r.Authorize(front.Target{Action: "s3:ListAllMyBuckets", ARN: "*", Owner: r.Caller.Account}); err != nil {
		return nil, err
	}
	l, err := r.asked()
	if err != nil {
		return nil, err
	}
	if !l.paged && len(r.names[r.Caller.Account]) > maxBuckets {
		return nil, front.Refuse("NotImplemented", "this AWS does not know how S3 rejects a ListBuckets without pages "+
			"in an account that may have more than 10,000 buckets", http.StatusNotImplemented)
	}
	type entry struct {
		Name         string
		BucketRegion string `xml:",omitempty"`
		CreationDate string
	}
	var answer struct {
		XMLName           xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListAllMyBucketsResult"`
		ID                string   `xml:"Owner>ID"`
		Buckets           []entry  `xml:"Buckets>Bucket"`
		ContinuationToken string   `xml:",omitempty"`
		Prefix            string   `xml:",omitempty"`
	}
	answer.ID, answer.Prefix = r.Caller.Account, l.prefix
	var page []*bucket
	page, answer.ContinuationToken = r.find(r.Caller.Account, l)
	for _, b := range page {
		e := entry{Name: b.name, CreationDate: b.created}
		if l.paged {
			e.BucketRegion = b.region
		}
		answer.Buckets = append(answer.Buckets, e)
	}
	return r.XML(http.StatusOK, answer), nil
}
