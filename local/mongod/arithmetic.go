package mongod

import (
	"math"
	"math/big"

	"github.com/256dpi/lungo/bsonkit"
	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// Whole numbers grow from 32 to 64 bits where they must, as MongoDB's do. lungo's wrap around, and
// a sum of money that does so is wrong without a word.

// exactly is the true value of an operation on two whole numbers; ok is false if one is something
// else.
func exactly(op string, a, b any) (value *big.Int, bothShort, ok bool) {
	x, y := new(big.Int), new(big.Int)
	bothShort = true
	for i, v := range []any{a, b} {
		into := []*big.Int{x, y}[i]
		switch v := v.(type) {
		case int32:
			into.SetInt64(int64(v))
		case int64:
			into.SetInt64(v)
			bothShort = false
		default:
			return nil, false, false
		}
	}
	if op == "$mul" {
		return x.Mul(x, y), bothShort, true
	}
	return x.Add(x, y), bothShort, true
}

func fitsShort(v *big.Int) bool {
	return v.IsInt64() && v.Int64() >= math.MinInt32 && v.Int64() <= math.MaxInt32
}

// plus is $sum's addition: what is too large for 64 bits goes on as a float.
func plus(a, b any) any {
	value, bothShort, ok := exactly("$inc", a, b)
	switch {
	case !ok || bothShort && fitsShort(value):
		return bsonkit.Add(a, b)
	case value.IsInt64():
		return value.Int64()
	}
	f, _ := new(big.Float).SetInt(value).Float64()
	return f
}

// widen prepares update, which is a copy, for doc: it makes operands long where the result needs
// it, and refuses what does not fit into a long, as MongoDB does.
func widen(doc *bson.D, update bson.D) error {
	for _, op := range update {
		fields, ok := op.Value.(bson.D)
		if !ok || op.Key != "$inc" && op.Key != "$mul" {
			continue
		}
		for i, f := range fields {
			current := get(doc, f.Key)
			if mixesInfinity(current, f.Value) {
				return errorf(codeBadValue, "%s of '%s': an infinite number and a decimal do not mix in the embedded database", op.Key, f.Key)
			}
			value, bothShort, ok := exactly(op.Key, current, f.Value)
			switch {
			case !ok:
			case !value.IsInt64():
				return errorf(codeBadValue, "%s of '%s' overflows 64 bits: the value is %v", op.Key, f.Key, current)
			case bothShort && !fitsShort(value):
				fields[i].Value = int64(f.Value.(int32))
			}
		}
	}
	return nil
}

// mixesInfinity: lungo takes an infinite float for zero when a decimal is about.
func mixesInfinity(a, b any) bool {
	_, decimalA := a.(primitive.Decimal128)
	_, decimalB := b.(primitive.Decimal128)
	x, floatA := a.(float64)
	y, floatB := b.(float64)
	return decimalA && floatB && !finite(y) || decimalB && floatA && !finite(x)
}

func finite(f float64) bool { return !math.IsInf(f, 0) && !math.IsNaN(f) }
