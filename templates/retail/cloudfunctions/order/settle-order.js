// What becomes of an order: paid, cancelled, refunded. All are repeatable; whichever comes first wins.
const cloud = require('wx-server-sdk')
const { lockCoupons, paySeconds, releaseCoupons } = require('./order-coupons')
const { presented, requireOrder } = require('./read-orders')
const { Refusal } = require('./refusal')
const { settleCoupons } = require('./settle-coupons')
const { withdrawOrder } = require('./withdraw-order')

const db = cloud.database()
const _ = db.command

// Letters and digits that nobody mixes up when they are called out.
const codeSigns = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789'

/**
 * Payment is simulated: no money moves. A real shop calls `cloud.cloudPay` where the coupons have just been locked, for the order's `total`, and does
 * what follows in the payment's callback.
 */
async function payOrder(openid, { id }) {
  const order = await settleCoupons(await requireOrder(openid, id))
  if (order.status === 'paid') return { order: presented(order), simulated: true }
  requireStatus(order, 'unpaid', 'ORDER_NOT_UNPAID')
  if (order.couponState === 'locked') await keepCoupons(order)
  const marked = await markPaid(order)
  if (marked.status !== 'paid') {
    // Cancelled a moment ago: what was just locked again is given back.
    if (marked.couponState === 'released') await releaseCoupons(marked)
    requireStatus(marked, 'unpaid', 'ORDER_NOT_UNPAID')
  }
  const paid = await settleCoupons(marked)
  console.log(`order pay: ${paid.no}, ${paid.total} fen, simulated payment, code ${paid.pickupCode}`)
  return { order: presented(paid), simulated: true }
}

/** Before money moves, the order must have its coupons for as long as that takes. An order that has lost them is no longer what was agreed on. */
async function keepCoupons(order) {
  try {
    await lockCoupons(order, paySeconds)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    await settleCoupons(await withdrawOrder(order, error))
    throw error
  }
}

async function markPaid({ _id: id }) {
  return db.runTransaction(async (transaction) => {
    const { data: current } = await transaction.collection('orders').doc(id).get()
    if (current.status !== 'unpaid') return current
    const change = { status: 'paid', paidAt: new Date(), pickupCode: pickupCode(id), payment: { method: 'simulated', amount: current.total } }
    if (current.couponState === 'locked') change.couponState = 'redeeming'
    await transaction.collection('orders').doc(id).update({ data: change })
    for (const item of current.items) {
      await transaction.collection('goods').doc(item.id).update({ data: { sales: _.inc(item.quantity) } })
    }
    return { ...current, ...change }
  })
}

async function cancelOrder(openid, { id }) {
  const order = await settleCoupons(await withdrawOrder(await requireOrder(openid, id)))
  console.log(`order cancel: ${order.no}, stock of ${order.items.length} kinds returned`)
  return { order: presented(order) }
}

/**
 * Takes a paid order back: the simulated money, the goods, the coupons. A real shop asks a person first, and the payment's platform for the money,
 * with a number made of the order as well.
 */
async function refundOrder(openid, { id }) {
  const order = await settleCoupons(await requireOrder(openid, id))
  const refunded = await settleCoupons(await markRefunded(order))
  console.log(`order refund: ${refunded.no}, ${refunded.total} fen, simulated, coupons ${refunded.couponState || 'none'}`)
  return { order: presented(refunded), simulated: true }
}

async function markRefunded({ _id: id }) {
  return db.runTransaction(async (transaction) => {
    const { data: current } = await transaction.collection('orders').doc(id).get()
    if (current.status === 'refunded') return current
    requireStatus(current, 'paid', 'ORDER_NOT_PAID')
    const change = { status: 'refunded', refundedAt: new Date() }
    if (current.couponState === 'redeemed') change.couponState = 'refunding'
    await transaction.collection('orders').doc(id).update({ data: change })
    for (const item of current.items) {
      await transaction.collection('goods').doc(item.id).update({ data: { stock: _.inc(item.quantity), sales: _.inc(-item.quantity) } })
    }
    return { ...current, ...change }
  })
}

function requireStatus(order, status, code) {
  if (order.status !== status) throw new Refusal(code, `order ${order.no} is ${order.status}`, { status: order.status })
}

function pickupCode(id) {
  let rest = parseInt(id.slice(0, 10), 16)
  let code = ''
  while (code.length < 4) {
    code += codeSigns[rest % codeSigns.length]
    rest = Math.floor(rest / codeSigns.length)
  }
  return code
}

module.exports = { payOrder, cancelOrder, refundOrder }
