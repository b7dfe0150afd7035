package order

import (
	"encoding/json"
	"time"
)

// session is what we read of Stripe's Checkout Session object; its fields are the same from API
// version 2023-10-16 on: https://docs.stripe.com/api/checkout/sessions/object
type session struct {
	ID                string            `json:"id"`
	Object            string            `json:"object"`
	Livemode          bool              `json:"livemode"`
	Created           int64             `json:"created"`
	PaymentStatus     PaymentStatus     `json:"payment_status"`
	Mode              string            `json:"mode"`
	Locale            string            `json:"locale"`
	AmountTotal       int64             `json:"amount_total"`
	AmountSubtotal    int64             `json:"amount_subtotal"`
	Currency          string            `json:"currency"`
	PaymentLink       reference         `json:"payment_link"`
	PaymentIntent     reference         `json:"payment_intent"`
	ClientReferenceID string            `json:"client_reference_id"`
	Metadata          map[string]string `json:"metadata"`
	// customer_details is what the buyer confirmed; customer_email, which the shop or the link
	// prefilled, decides nothing.
	CustomerDetails struct {
		Name  string `json:"name"`
		Email string `json:"email"`
	} `json:"customer_details"`
	TotalDetails struct {
		AmountDiscount int64 `json:"amount_discount"`
		AmountShipping int64 `json:"amount_shipping"`
		AmountTax      int64 `json:"amount_tax"`
	} `json:"total_details"`
}

func (s *session) facts() Facts {
	return Facts{
		Livemode:          s.Livemode,
		PaymentStatus:     s.PaymentStatus,
		CustomerName:      s.CustomerDetails.Name,
		CustomerEmail:     s.CustomerDetails.Email,
		AmountTotal:       s.AmountTotal,
		AmountSubtotal:    s.AmountSubtotal,
		AmountTax:         s.TotalDetails.AmountTax,
		AmountDiscount:    s.TotalDetails.AmountDiscount,
		AmountShipping:    s.TotalDetails.AmountShipping,
		Currency:          s.Currency,
		Mode:              s.Mode,
		Locale:            s.Locale,
		PaymentLink:       string(s.PaymentLink),
		PaymentIntent:     string(s.PaymentIntent),
		ClientReferenceID: s.ClientReferenceID,
		Metadata:          Pairs(s.Metadata),
		SessionCreated:    time.Unix(s.Created, 0).UTC(),
	}
}

// reference is a field that Stripe fills with an ID, or with the whole object where it is expanded.
type reference string

func (r *reference) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '{' {
		var object struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(b, &object); err != nil {
			return err
		}
		*r = reference(object.ID)
		return nil
	}
	return json.Unmarshal(b, (*string)(r))
}
