package order

// Item is one of the session's line items, which say what was bought. Amounts are integers in the
// currency's minor unit.
type Item struct {
	ID          string `bson:"id"`
	Description string `bson:"description"`
	Quantity    int64  `bson:"quantity"`

	Product     string `bson:"product"`
	ProductName string `bson:"product_name,omitempty"`
	Price       string `bson:"price"`
	// Metadata is the product's.
	Metadata []Pair `bson:"metadata,omitempty"`

	AmountSubtotal int64  `bson:"amount_subtotal"`
	AmountDiscount int64  `bson:"amount_discount"`
	AmountTax      int64  `bson:"amount_tax"`
	AmountTotal    int64  `bson:"amount_total"`
	Currency       string `bson:"currency"`
}
