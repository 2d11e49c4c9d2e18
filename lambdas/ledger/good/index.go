package good

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"locksmith/lambdas/remedy"
)

// An index says what is kept of the resources of one place, so that a page costs one read.
type index struct {
	id      string
	version int64
	entries map[mark]entry
	kind    indexItem
}

// An indexItem is an index in the table. The entries stand in it one after the other, [width] bytes each.
type indexItem struct {
	ID      string `dynamodbav:"id"`
	Kind    string `dynamodbav:"kind"`
	Account string `dynamodbav:"account"`
	Version int64  `dynamodbav:"version"`
	Entries []byte `dynamodbav:"entries"`
	Expires int64  `dynamodbav:"expires"`
}

// A mark is the beginning of a digest.
type mark [12]byte

// An entry is what is kept of one resource: which policy, and when it was written.
type entry struct {
	of  mark
	day uint32 // since 1970
}

const (
	width = 12 + 12 + 4
	// room is how many resources an index has room for, since an item may have 400 KB. What is beyond is written at each
	// sweep.
	room = 10_000
)

func markOf(text string) mark {
	sum := sha256.Sum256([]byte(text))
	return mark(sum[:len(mark{})])
}

func contents(g remedy.Good) mark { return markOf(string(g.Verdict.Answer) + "\n" + g.Policy) }

func dayOf(t time.Time) uint32 { return uint32(t.Unix() / (24 * 60 * 60)) }

// again is after which part of their age policies are written once more.
const again = 10

// differs tells whether a policy is to be written: another is kept, or none, or it has been kept for long. Where there
// is none and never was one, there is nothing to keep. An index without room does not know that.
func (x *index) differs(g remedy.Good, now time.Time, age time.Duration) bool {
	e, known := x.entries[markOf(g.Resource)]
	if !known {
		return g.Policy != "" || len(x.entries) >= room
	}
	return e.of != contents(g) || dayOf(now)-e.day > uint32(age/again/(24*time.Hour))
}

func (x *index) note(g remedy.Good, now time.Time) {
	m := markOf(g.Resource)
	if _, known := x.entries[m]; known || len(x.entries) < room {
		x.entries[m] = entry{contents(g), dayOf(now)}
	}
}

// index reads the index of a place. What has grown too old is left out: those resources are gone.
func (s *Store) index(ctx context.Context, account, place string) (*index, error) {
	x := &index{id: "goods#" + account + "#" + place, entries: map[mark]entry{}}
	x.kind = indexItem{ID: x.id, Kind: "goods", Account: account}
	var it indexItem
	if _, err := s.get(ctx, x.id, &it); err != nil {
		return nil, err
	}
	if len(it.Entries)%width != 0 {
		return nil, fmt.Errorf("ledger item %q cannot be read: %d bytes of entries, want a multiple of %d", x.id,
			len(it.Entries), width)
	}
	x.version = it.Version
	gone := uint32(s.age / (24 * time.Hour))
	for b := range slices.Chunk(it.Entries, width) {
		e := entry{mark(b[12:24]), binary.BigEndian.Uint32(b[24:])}
		if today := dayOf(s.now()); e.day <= today && today-e.day <= gone {
			x.entries[mark(b[:12])] = e
		}
	}
	return x, nil
}

// writeIndex writes an index, unless another worker has written it since. Then the next sweep finds more to write.
func (s *Store) writeIndex(ctx context.Context, x *index, now time.Time) error {
	it := x.kind
	it.Version, it.Expires = x.version+1, now.Add(s.age).Unix()
	for _, m := range slices.SortedFunc(maps.Keys(x.entries), func(a, b mark) int { return bytes.Compare(a[:], b[:]) }) {
		e := x.entries[m]
		it.Entries = binary.BigEndian.AppendUint32(append(append(it.Entries, m[:]...), e.of[:]...), e.day)
	}
	err := s.put(ctx, "attribute_not_exists(version) OR version = :value", it,
		&types.AttributeValueMemberN{Value: strconv.FormatInt(x.version, 10)})
	if changed := (*types.ConditionalCheckFailedException)(nil); errors.As(err, &changed) {
		return nil
	} else if err != nil {
		return fmt.Errorf("index of last good policies %s: %w", x.id, err)
	}
	return nil
}

func pack(policy string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(policy)) // into memory
	_ = w.Close()
	return b.Bytes()
}

// unpack reads no more than a policy may have, whatever somebody has made of the item.
func unpack(packed []byte) (string, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(r, largest+1))
	if err == nil && len(text) > largest {
		err = fmt.Errorf("more than %d bytes", largest)
	}
	return string(text), err
}
