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
			op       string
			old, arg any
			want     any // nil: refused
		}{
			{"$inc", int32(1), int32(2), int32(3)},
			{"$inc", int32(math.MaxInt32), int32(1), int64(math.MaxInt32 + 1)},
			{"$inc", int32(math.MinInt32), int32(-1), int64(math.MinInt32 - 1)},
			{"$inc", int64(math.MaxInt64), int32(1), nil},
			{"$inc", int64(math.MinInt64), int64(-1), nil},
			{"$inc", int64(math.MaxInt64), 1.0, float64(1 << 63)},
			{"$mul", int32(1 << 20), int32(1 << 20), int64(1 << 40)},
			{"$mul", int64(1 << 40), int64(1 << 40), nil},
			{"$inc", math.Inf(1), decimal(t, "1"), nil},
		} {
			b := setup(t)
			mustInsert(t, b.orders, bson.M{"_id": "a", "n": c.old})
			_, err := b.orders.UpdateByID(t.Context(), "a", bson.M{c.op: bson.M{"n": c.arg}})
			if want := c.want; want == nil {
				wantCode(t, err, codeBadValue)
				c.want = c.old
			} else if err != nil {
				t.Errorf("%v %s %v: %v", c.old, c.op, c.arg, err)
			}
			if got := all(t, b.orders, bson.M{})[0]["n"]; got != c.want {
				t.Errorf("%v %s %v is %v (%T), want %v (%T)", c.old, c.op, c.arg, got, got, c.want, c.want)
			}
		}
	})

	t.Run("widens for one document of many without changing the next", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		mustInsert(t, b.orders, bson.M{"_id": "a", "n": int32(math.MaxInt32)}, bson.M{"_id": "b", "n": int32(1)})
		if _, err := b.orders.UpdateMany(t.Context(), bson.M{}, bson.M{"$inc": bson.M{"n": 1}}); err != nil {
			t.Fatal(err)
		}
		if got := all(t, b.orders, bson.M{}); got[0]["n"] != int64(math.MaxInt32+1) || got[1]["n"] != int32(2) {
			t.Errorf("got %v", got)
		}
	})

	t.Run("sums money beyond 32 bits", func(t *testing.T) {
		t.Parallel()

		for _, c := range []struct {
			values []any
			want   any
		}{
			{[]any{int32(2e9), int32(2e9)}, int64(4e9)},
			{[]any{int64(math.MaxInt64), int64(math.MaxInt64), int32(1)}, math.Ldexp(1, 64)},
		} {
			b := setup(t)
			for _, v := range c.values {
				mustInsert(t, b.orders, bson.M{"amount": v})
			}
			cur, err := b.orders.Aggregate(t.Context(), bson.A{bson.M{"$group": bson.M{"_id": nil, "sum": bson.M{"$sum": "$amount"}}}})
			if err != nil {
				t.Fatal(err)
			}
			var got []bson.M
			if err := cur.All(t.Context(), &got); err != nil || got[0]["sum"] != c.want {
				t.Errorf("sum of %v: %v, want %v (%v)", c.values, got, c.want, err)
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

func decimal(t *testing.T, s string) bson.Decimal128 {
	t.Helper()
	d, err := bson.ParseDecimal128(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
