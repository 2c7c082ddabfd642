// Ends an unpaid order: its goods go back on the shelf, and its coupons are to be released.
const cloud = require('wx-server-sdk')
const { Refusal } = require('./refusal')

const db = cloud.database()
const _ = db.command

/**
 * Whoever comes first wins: an order that was paid meanwhile stays.
 * @param refusal why the shop ends it by itself; the customer hears the same again when they repeat the call.
 */
async function withdrawOrder({ _id: id }, refusal = null) {
  return db.runTransaction(async (transaction) => {
    const { data: current } = await transaction.collection('orders').doc(id).get()
    if (current.status === 'cancelled') return current
    if (current.status !== 'unpaid') throw new Refusal('ORDER_NOT_UNPAID', `order ${current.no} is ${current.status}`, { status: current.status })
    const change = { status: 'cancelled', cancelledAt: new Date() }
    if ((current.coupons || []).length > 0) change.couponState = 'releasing'
    if (refusal) change.refusal = { code: refusal.code, message: refusal.message, details: refusal.details }
    await transaction.collection('orders').doc(id).update({ data: change })
    for (const item of current.items) {
      await transaction.collection('goods').doc(item.id).update({ data: { stock: _.inc(item.quantity) } })
    }
    return { ...current, ...change }
  })
}

module.exports = { withdrawOrder }
