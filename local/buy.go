package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"handler/function/internal/catalogue"
	"handler/function/internal/order"
	"handler/function/internal/sample"
	"handler/function/internal/typed"
	"handler/function/local/basket"
	"handler/function/shared/console"
	"handler/function/shared/shop"
	"handler/function/shared/shopcheck"
)

// buying is what make buy is asked for.
type buying struct {
	basket                       basket.Basket
	event, items, session, count string
	missed, help                 bool

	// n is how many purchases, and sold what the basket has in it.
	n    int
	sold shop.Sale
	// body is the event, and list the line items of its session, nil where it has none.
	body, list []byte
}

// set takes an argument of make's, such as PRODUCT=prod_a.
func (b *buying) set(argument string) error {
	name, value, _ := strings.Cut(argument, "=")
	one := map[string]*string{"EVENT": &b.event, "ITEMS": &b.items, "SESSION": &b.session, "N": &b.count}
	yes := map[string]*bool{"MISSED": &b.missed, "HELP": &b.help}
	switch {
	case b.basket.Set(name, value):
	case one[name] != nil:
		*one[name] = value
	case yes[name] != nil:
		*yes[name] = value != ""
	default:
		known := slices.Concat(basket.Arguments(), slices.Collect(maps.Keys(one)), slices.Collect(maps.Keys(yes)))
		return fmt.Errorf("make buy has no argument %s%s; make buy HELP=1 lists all", name, typed.DidYouMean(name, slices.Sorted(slices.Values(known))))
	}
	return nil
}

func buyCommand(ctx context.Context, args []string) error {
	set := flag.NewFlagSet("local buy", flag.ContinueOnError)
	set.Usage = func() { fmt.Fprint(set.Output(), buyUsage()) }
	f, rest, err := parseFoldersOf(set, args)
	if err != nil {
		return err
	}
	var asked buying
	for _, argument := range rest {
		if err := asked.set(argument); err != nil {
			return shopcheck.Mistakes{Err: err}
		}
	}
	if asked.help {
		fmt.Print(buyUsage())
		return nil
	}
	if err := asked.read(); err != nil {
		return shopcheck.Mistakes{Err: err}
	}
	b, err := newBuyer(f.state)
	if err != nil {
		return err
	}
	defer b.Close()
	c := console.New()
	if stripeAPI.real() {
		c.Say("Stripe is the real one: it does not know this session, so its line items cannot be fetched.")
	}
	warnUnnamed(c, f, asked.sold)
	return b.play(ctx, c, asked)
}

// read reads and checks all that was asked for, before anything is called.
func (b *buying) read() error {
	var err error
	if b.n, err = b.readCount(); err != nil {
		return err
	}
	if b.missed && stripeAPI.real() {
		return errors.New("MISSED: the real Stripe has no purchase that was made here; delete its webhook endpoint and buy there")
	}
	if b.session != "" && b.missed {
		return errors.New("MISSED: what becomes of a purchase that was made, SESSION, is always told")
	}
	if b.session != "" && !b.basket.Empty() {
		return errors.New("SESSION: this purchase was made, with its products and its customer; leave the others out")
	}
	if b.event == "" {
		b.event = "completed_paid"
	}
	if b.body, b.list, err = readPurchase(b.event, b.items); err != nil {
		return err
	}
	if err := b.fill(); err != nil {
		return err
	}
	if _, err := shop.NewPurchase(b.body, b.list, time.Now()); err != nil && b.session == "" {
		return fmt.Errorf("EVENT: it begins no purchase: add SESSION=cs_… of the purchase that it is about (%w)", err)
	}
	return nil
}

func (b *buying) readCount() (int, error) {
	if b.count == "" {
		return 1, nil
	}
	n, err := strconv.Atoi(b.count)
	if err != nil || n < 1 || n > 100_000 || b.session != "" && n > 1 {
		return 0, fmt.Errorf("%s: %q: want 1 to 100000, and 1 with SESSION", "N", b.count)
	}
	return n, nil
}

// fill puts what the basket has in place of what the event is about.
func (b *buying) fill() error {
	if b.basket.Empty() {
		return nil
	}
	var err error
	if b.sold, err = b.basket.Sale(b.event == "completed_no_payment_required"); err != nil {
		return err
	}
	if b.sold.Products != nil && b.items != "" {
		return errors.New("ITEMS: PRODUCT says already what is bought")
	}
	body, list, err := b.sold.Over(b.body)
	switch {
	case errors.Is(err, shop.ErrTotal), errors.Is(err, shop.ErrFree):
		return fmt.Errorf("AMOUNT: %w", err)
	case err != nil:
		return fmt.Errorf("EVENT: %w", err)
	}
	b.body = body
	if list != nil {
		b.list = list
	}
	return nil
}

// readPurchase reads the event and its items: files, or a sample by its name.
func readPurchase(event, items string) (body, list []byte, err error) {
	if body, err = os.ReadFile(event); err != nil {
		var notSample error
		if body, notSample = sample.Event(event); notSample != nil {
			return nil, nil, fmt.Errorf("EVENT: %w, and %w", err, notSample)
		}
		list, _ = sample.LineItems(event) // some have none of their own
	}
	if items != "" {
		if list, err = os.ReadFile(items); err != nil {
			return nil, nil, fmt.Errorf("ITEMS: %w", err)
		}
	}
	return body, list, nil
}

// play plays what was asked for.
func (b *buyer) play(ctx context.Context, c *console.Console, asked buying) error {
	switch {
	case asked.missed:
		return b.missMany(ctx, c, asked.body, asked.list, asked.n)
	case asked.n > 1:
		return b.buyMany(ctx, c, asked.body, asked.list, asked.n)
	}
	p, err := shop.NewPurchase(asked.body, asked.list, time.Now())
	if asked.session != "" {
		p, err = b.followed(ctx, asked.session, asked.body)
	}
	if err != nil {
		return err
	}
	return b.showPurchase(ctx, c, p)
}

// followed is a purchase that was made before, with an event of what becomes of it.
func (b *buyer) followed(ctx context.Context, session string, event []byte) (shop.Purchase, error) {
	o, err := b.Store.Load(ctx, session)
	if errors.Is(err, order.ErrNotFound) {
		return shop.Purchase{}, shopcheck.Mistakes{Err: fmt.Errorf("SESSION: %w: %s", order.ErrNotFound, session)}
	}
	if err != nil {
		return shop.Purchase{}, err
	}
	p := shop.Purchase{Session: o.ID, Payment: o.PaymentIntent}
	for _, e := range o.Events {
		if e.Type == order.Completed {
			p.Body = []byte(e.Payload)
		}
		if c, err := e.Charge(); err == nil && e.Dispute() != "" {
			p.Dispute = c.ID
		}
	}
	return p.Then(event, time.Now())
}

// warnUnnamed says which of the products no series of the catalogue in use names.
func warnUnnamed(c *console.Console, f folders, sale shop.Sale) {
	inUse, err := catalogue.Read(filepath.Join(newOwnedShop(f).inUse(), "catalogue.yml"))
	if err != nil {
		return // it was just replaced: the e-mails show what the new one says
	}
	for _, p := range sale.Products {
		o := &order.Order{Items: []order.Item{{Product: p.ID, Price: p.Price, Metadata: order.Pairs(p.Metadata)}}}
		o.PaymentLink, o.Metadata = sale.Link, order.Pairs(sale.Metadata)
		if named, ours := inUse.Names(o); ours && !named {
			c.Say("No series of the catalogue names %s: it gets the e-mails of default.", p.ID)
		}
	}
}
