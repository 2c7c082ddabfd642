// Every morning at nine (config.json): what was sold yesterday and what runs low, kept as one document a day in `reports`.
// `sampan invoke daily-report '{"day":"2026-11-22"}'` writes the report of another day again.
const cloud = require('wx-server-sdk')
const { boundsOf, dayBefore } = require('./china-day')

cloud.init({ env: cloud.DYNAMIC_CURRENT_ENV })
const db = cloud.database()
const _ = db.command
const $ = db.command.aggregate

const lowStock = 5

exports.main = async (event) => {
  const day = (event && event.day) || dayBefore(new Date())
  const bounds = boundsOf(day)
  if (!bounds) throw new Error(`day must look like 2026-11-22, not ${JSON.stringify(day)}`)

  const paid = { status: 'paid', paidAt: _.gte(bounds.from).and(_.lt(bounds.to)) }
  const [sales, bestSellers, runningLow] = await Promise.all([salesOf(paid), bestSellersOf(paid), goodsRunningLow()])
  const report = { day, ...sales, bestSellers, runningLow, writtenAt: new Date() }
  // The day is the id: a repeated run replaces the report instead of adding a second one.
  await db.collection('reports').doc(day).set({ data: report })

  console.log(`daily report ${day}: ${report.orders} orders, ${report.revenue} fen, ${report.customers} customers`)
  bestSellers.forEach((each, index) => console.log(`  ${index + 1}. ${each._id}: ${each.sold} sold`))
  if (runningLow.length > 0) console.warn(`  running low: ${runningLow.map((each) => `${each._id} (${each.stock})`).join(', ')}`)
  return { ok: true, report: { ...report, writtenAt: report.writtenAt.toISOString() } }
}

async function salesOf(paid) {
  const { list } = await db.collection('orders').aggregate()
    .match(paid)
    .group({ _id: '$_openid', orders: $.sum(1), revenue: $.sum('$total') })
    .group({ _id: null, customers: $.sum(1), orders: $.sum('$orders'), revenue: $.sum('$revenue') })
    .end()
  const { customers = 0, orders = 0, revenue = 0 } = list[0] || {}
  return { customers, orders, revenue }
}

async function bestSellersOf(paid) {
  const { list } = await db.collection('orders').aggregate()
    .match(paid)
    .unwind('$items')
    .group({ _id: '$items.id', sold: $.sum('$items.quantity'), revenue: $.sum($.subtract(['$items.amount', $.ifNull(['$items.discount', 0])])) })
    .sort({ sold: -1, _id: 1 })
    .limit(5)
    .end()
  return list
}

async function goodsRunningLow() {
  const { data } = await db.collection('goods').where({ onSale: true, stock: _.lte(lowStock) }).field({ stock: true }).limit(50).get()
  return data
}
