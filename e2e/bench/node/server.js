// The webhook as the vendors' quickstarts write it: Stripe's for Express (the raw body, constructEvent), MongoDB's
// driver, and SendGrid's (setApiKey, send). make bench measures the functions beside it.
//
// Two things are as in the functions, so that the same is compared: the write is acknowledged by a majority's journal,
// and Stripe is answered when it is. The mail follows the answer, as Stripe advises; only with MAIL=1, since
// stripe-webhook sends none either.
import express from 'express'
import { MongoClient } from 'mongodb'
import sgMail from '@sendgrid/mail'
import Stripe from 'stripe'

const env = process.env
const stripe = new Stripe(env.STRIPE_API_KEY)
sgMail.setApiKey(env.SENDGRID_API_KEY)
if (env.SENDGRID_HOST) sgMail.client.setDefaultRequest('baseUrl', env.SENDGRID_HOST)

const client = new MongoClient(env.MONGODB_URI)
const orders = client.db(env.MONGODB_DATABASE).collection('orders')

const app = express()

app.post('/webhook', express.raw({ type: 'application/json' }), async (request, response) => {
  let event
  try {
    event = stripe.webhooks.constructEvent(request.body, request.headers['stripe-signature'], env.STRIPE_WEBHOOK_SECRET)
  } catch (err) {
    return response.status(400).send(`Webhook Error: ${err.message}`)
  }
  if (event.type !== 'checkout.session.completed') return response.json({ received: true })

  const session = event.data.object
  await orders.updateOne(
    { _id: session.id },
    { $set: { event, payment_status: session.payment_status, email: session.customer_details?.email } },
    { upsert: true, writeConcern: { w: 'majority', journal: true } },
  )
  response.json({ received: true })

  if (env.MAIL && session.payment_status === 'paid') {
    await sgMail
      .send({
        to: session.customer_details.email,
        from: 'shop@example.com',
        subject: 'Thank you for your order',
        text: `Your order ${session.id} is paid.`,
      })
      .catch((error) => console.error(error.message))
  }
})

const [host, port] = env.ADDRESS.split(':')
app.listen(Number(port), host)
