// The customer's own page: profile with points and level. (Coupons are asked for by the page itself: shared/shop-client.js.)
// Written with Alipay's server SDK (queries answer lists, not {data}); the other functions use WeChat's. Both run side by side.
const cloud = require('@alipay/faas-server-sdk')

cloud.init()
const db = cloud.database()

const levels = [
  { key: 'sprout', from: 0 },
  { key: 'leaf', from: 100 },
  { key: 'garden', from: 500 },
]

exports.main = async (event) => {
  const { OPENID: openid } = await cloud.getAlipayContext()
  if (!openid) return refusal('NOT_LOGGED_IN', 'a member page belongs to a logged-in user')
  if (event.action === 'profile') return profile(openid)
  return refusal('INVALID_INPUT', `action must be "profile", not ${JSON.stringify(event.action)}`)
}

async function profile(openid) {
  const member = await ensureMember(openid)
  const { orders, spent } = await paidTotals(openid)
  // Points are counted from the paid orders each time, so they can never disagree with them.
  const points = Math.floor(spent / 100)
  const level = levels.filter((each) => points >= each.from).pop()
  const next = levels.find((each) => points < each.from)
  console.log(`member profile: ${openid} has ${points} points from ${orders} orders, level ${level.key}`)
  return {
    ok: true,
    member: {
      joinedAt: new Date(member.joinedAt).toISOString(),
      orders,
      spent,
      points,
      level: level.key,
      levelFrom: level.from,
      next: next ? { level: next.key, from: next.from } : null,
    },
  }
}

/** The member's document; the first visit makes it. */
async function ensureMember(openid) {
  const found = await findMember(openid)
  if (found) return found
  const member = { _id: openid, _openid: openid, joinedAt: new Date() }
  try {
    await db.collection('members').add({ data: member })
    console.log(`member profile: welcome, ${openid}`)
    return member
  } catch (error) {
    // Two pages opened at once: the other one made the document.
    const twin = await findMember(openid)
    if (!twin) throw error
    return twin
  }
}

async function findMember(openid) {
  const [member] = await db.collection('members').where({ _id: openid }).limit(1).get()
  return member
}

async function paidTotals(openid) {
  const sum = db.command.aggregate.sum
  const [totals] = await db.collection('orders').aggregate()
    .match({ _openid: openid, status: 'paid' })
    .group({ _id: null, orders: sum(1), spent: sum('$total') })
    .end()
  return totals || { orders: 0, spent: 0 }
}

function refusal(code, message) {
  return { ok: false, error: { code, message } }
}
