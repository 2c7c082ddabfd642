// Every five minutes (config.json): orders that nobody paid in time give their goods and coupons back, and what was interrupted is finished.
const cloud = require('wx-server-sdk')
const { lockSeconds } = require('./order-coupons')
const { Refusal } = require('./refusal')
const { pending, settleCoupons } = require('./settle-coupons')
const { withdrawOrder } = require('./withdraw-order')

const db = cloud.database()
const _ = db.command

const mostAtOnce = 100
/** What is younger is probably still under way. */
const patience = 60 * 1000

async function tidyOrders(now = new Date()) {
  const before = (milliseconds) => _.lt(new Date(now.getTime() - milliseconds))
  const unpaid = await some({ status: 'unpaid', createdAt: before(lockSeconds * 1000) })
  const interrupted = await some({ couponState: _.in(pending), createdAt: before(patience) })
  const withdrawn = await each(unpaid, async (order) => settleCoupons(await withdrawOrder(order)))
  const finished = await each(interrupted, settleCoupons)
  console.log(`order tidy: ${withdrawn} of ${unpaid.length} unpaid ended, ${finished} of ${interrupted.length} interrupted finished`)
  return { withdrawn, finished }
}

async function some(condition) {
  return (await db.collection('orders').where(condition).limit(mostAtOnce).get()).data
}

/** One that fails waits for the next time, and does not keep the others. */
async function each(orders, work) {
  let done = 0
  for (const order of orders) {
    try {
      await work(order)
      done += 1
    } catch (error) {
      // Paid in this very moment: nothing is left to do.
      if (error instanceof Refusal) console.log(`order tidy: ${order.no} stays, ${error.code}`)
      else console.error(`order tidy: ${order.no} failed:`, error)
    }
  }
  return done
}

module.exports = { tidyOrders }
