package maildata

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
)

func TestNotice(t *testing.T) {
	t.Parallel()

	o := &order.Order{
		Fetch:  order.Fetch{LastError: "Stripe answered 404"},
		Emails: map[string]order.Delivery{"ebook/delivery": {LastError: "SendGrid answered 400"}},
	}
	for _, c := range []struct {
		key, about string
		want       any
	}{
		{"ebook/delivery", "", nil},
		{"notice/email-failed/ebook/delivery", "ebook/delivery", noticeData{EmailFailed, "ebook/delivery", "SendGrid answered 400"}},
		{"notice/unknown-product", "prod_1, prod_2", noticeData{UnknownProduct, "prod_1, prod_2", ""}},
		{"notice/items-missing", "", noticeData{ItemsMissing, "", "Stripe answered 404"}},
		{"notice/payment-failed", "", noticeData{PaymentFailed, "", ""}},
	} {
		data := Of(Shop{}, o, order.Delivery{Email: order.Email{Key: c.key, About: c.about}})
		if d := cmp.Diff(c.want, data["notice"]); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.key, d)
		}
	}
}
