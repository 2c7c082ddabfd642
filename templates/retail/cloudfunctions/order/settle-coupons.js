// Does what is left to do for an order's coupons, and answers the order as it is then. May be called at any time, by anybody, as often as they like.
const cloud = require('wx-server-sdk')
const { lockCoupons, noteState, redeemCoupons, refundCoupons, releaseCoupons } = require('./order-coupons')
const { Refusal } = require('./refusal')
const { withdrawOrder } = require('./withdraw-order')

const db = cloud.database()

const pending = ['locking', 'redeeming', 'releasing', 'refunding']
const mostSteps = 4

const steps = {
  async locking(order) {
    try {
      await lockCoupons(order)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      await withdrawOrder(order, error)
      return
    }
    await noteState(order, 'locking', 'locked')
    // Cancelled while the lock was taken: it is given back.
    const { data: current } = await db.collection('orders').doc(order._id).get()
    if (current.couponState === 'released') await releaseCoupons(order)
  },

  async redeeming(order) {
    try {
      await redeemCoupons(order)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      // The money is here and the order stands. That a coupon could not be used up is the merchant's to know.
      console.error(`order ${order.no}: paid with coupons that could not be redeemed, ${error.code}: ${error.message}`)
      await noteState(order, 'redeeming', 'unredeemed', { couponProblem: error.code })
      return
    }
    await noteState(order, 'redeeming', 'redeemed')
  },

  async releasing(order) {
    await releaseCoupons(order)
    await noteState(order, 'releasing', 'released')
  },

  async refunding(order) {
    let returned = []
    try {
      returned = (await refundCoupons(order)).coupons
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      console.error(`order ${order.no}: refunded, and its coupons could not be returned, ${error.code}: ${error.message}`)
      await noteState(order, 'refunding', 'unreturned', { couponProblem: error.code })
      return
    }
    const coupons = order.coupons.map((coupon, place) => ({ ...coupon, after: returned[place].status }))
    await noteState(order, 'refunding', 'refunded', { coupons })
  },
}

async function settleCoupons(order) {
  let current = order
  for (let count = 0; pending.includes(current.couponState) && count < mostSteps; count += 1) {
    const state = current.couponState
    await steps[state](current)
    current = (await db.collection('orders').doc(order._id).get()).data
    console.log(`order ${order.no}: coupons ${state} → ${current.couponState}`)
  }
  return current
}

module.exports = { pending, settleCoupons }
