package sample

// SmallCatalogue is a small catalogue with no mistake, whose templates are known by their IDs.
const SmallCatalogue = `from: {email: shop@example.com}
admins: [owner@example.com]
series:
  - name: ebook
    match: {products: [prod_ebook]}
    emails:
      - {key: delivery, template: d-00000000000000000000000000000001, to: customer}
default:
  emails:
    - {key: receipt, template: d-00000000000000000000000000000003, to: customer}
notices:
  payment_failed: d-00000000000000000000000000000006
  email_failed: d-00000000000000000000000000000007
  unknown_product: d-00000000000000000000000000000008
  items_missing: d-00000000000000000000000000000009
`

// EveryOrderCatalogue mails a receipt and a sale notice for every order, and a product's own e-mail
// to its buyers.
const EveryOrderCatalogue = `from: {email: shop@example.com}
admins: [owner@example.com]
every_order:
  emails:
    - {key: receipt, template: receipt, to: customer}
    - {key: sale, template: sale, to: admins}
series:
  - name: ebook
    match: {products: [prod_ebook]}
    emails: [{key: delivery, template: delivery, to: customer}]
  - name: course
    match: {products: [prod_course]}
    emails: [{key: access, template: delivery, to: admins}]
notices:
  payment_failed: payment-failed
  email_failed: email-failed
  items_missing: items-missing
`
