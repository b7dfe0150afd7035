package mongod

import (
	"math"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

func TestArithmetic(t *testing.T) {
	t.Parallel()

	t.Run("grows from 32 to 64 bits and stops there", func(t *testing.T) {
		t.Parallel()

		for _, c := range []struct {
			old, arg any
			want     any // nil: refused
		}{
			{int32(1), int32(2), int32(3)},
			{int32(math.MaxInt32), int32(1), int64(math.MaxInt32 + 1)},
			{int32(math.MinInt32), int32(-1), int64(math.MinInt32 - 1)},
			{int64(math.MaxInt64), int32(1), nil},
			{int64(math.MinInt64), int64(-1), nil},
			{int64(1), int32(2), int64(3)},
			{int32(1), 0.5, nil},
		} {
			b := setup(t)
			mustInsert(t, b.orders, bson.M{"_id": "a", "n": c.old})
			_, err := b.orders.UpdateByID(t.Context(), "a", bson.M{"$inc": bson.M{"n": c.arg}})
			if want := c.want; want == nil {
				wantCode(t, err, codeBadValue)
				c.want = c.old
			} else if err != nil {
				t.Errorf("%v + %v: %v", c.old, c.arg, err)
			}
			if got := all(t, b.orders, bson.M{})[0]["n"]; got != c.want {
				t.Errorf("%v + %v is %v (%T), want %v (%T)", c.old, c.arg, got, got, c.want, c.want)
			}
		}
	})

	t.Run("refuses positions in arrays", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		mustInsert(t, b.orders, bson.M{"_id": "a", "list": bson.A{1, 2}})
		for _, update := range []bson.M{{"$inc": bson.M{"list.$[]": 1}}, {"$set": bson.M{"list.$": 1}}} {
			_, err := b.orders.UpdateOne(t.Context(), bson.M{"list": 2}, update)
			wantCode(t, err, codeBadValue)
		}
	})
}
