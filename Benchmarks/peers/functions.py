"""The cloud functions that the benchmarks deploy on Sampan, as a mini program's developer would write them."""

ADD = "exports.main = async (event) => ({ sum: event.a + event.b })"

BUY = """
const cloud = require('wx-server-sdk')
cloud.init({ env: cloud.DYNAMIC_CURRENT_ENV })
const db = cloud.database(), _ = db.command
exports.main = async (event) => db.runTransaction(async (transaction) => {
  const { data: item } = await transaction.collection('stock').doc(event.item).get()
  if (item.left < 1) return { bought: false }
  await transaction.collection('stock').doc(event.item).update({ data: { left: _.inc(-1) } })
  await transaction.collection('sold').add({ data: { item: event.item, quantity: 1 } })
  return { bought: true }
})
"""
