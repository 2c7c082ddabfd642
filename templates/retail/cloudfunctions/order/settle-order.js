// What ends an unpaid order: paying it or cancelling it. Both are repeatable; whichever comes first wins.
const cloud = require('wx-server-sdk')
const { presented, requireOrder } = require('./read-orders')
const { Refusal } = require('./refusal')

const db = cloud.database()
const _ = db.command

// Letters and digits that nobody mixes up when they are called out.
const codeSigns = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789'

/** Payment is simulated: no money moves. A real shop would call `cloud.cloudPay` and do this in its callback. */
async function payOrder(openid, { id }) {
  await requireOrder(openid, id)
  const order = await db.runTransaction(async (transaction) => {
    const { data: current } = await transaction.collection('orders').doc(id).get()
    if (current.status === 'paid') return current
    requireUnpaid(current)
    const change = { status: 'paid', paidAt: new Date(), pickupCode: pickupCode(id), payment: { method: 'simulated', amount: current.total } }
    await transaction.collection('orders').doc(id).update({ data: change })
    for (const item of current.items) {
      await transaction.collection('goods').doc(item.id).update({ data: { sales: _.inc(item.quantity) } })
    }
    return { ...current, ...change }
  })
  console.log(`order pay: ${order.no}, ${order.total} fen, simulated payment, code ${order.pickupCode}`)
  return { order: presented(order), simulated: true }
}

async function cancelOrder(openid, { id }) {
  await requireOrder(openid, id)
  const order = await db.runTransaction(async (transaction) => {
    const { data: current } = await transaction.collection('orders').doc(id).get()
    if (current.status === 'cancelled') return current
    requireUnpaid(current)
    const change = { status: 'cancelled', cancelledAt: new Date() }
    await transaction.collection('orders').doc(id).update({ data: change })
    for (const item of current.items) {
      await transaction.collection('goods').doc(item.id).update({ data: { stock: _.inc(item.quantity) } })
    }
    return { ...current, ...change }
  })
  console.log(`order cancel: ${order.no}, stock of ${order.items.length} kinds returned`)
  return { order: presented(order) }
}

function requireUnpaid(order) {
  if (order.status !== 'unpaid') throw new Refusal('ORDER_NOT_UNPAID', `order ${order.no} is ${order.status}`, { status: order.status })
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

module.exports = { payOrder, cancelOrder }
