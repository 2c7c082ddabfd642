// What all clients do with coupons: words, countdowns, the choice at the checkout.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'

const require = createRequire(import.meta.url)
const view = require('../shared/coupon-view.js')
const choice = require('../shared/coupon-choice.js')
const { errorCode, errorText } = require('../shared/error-text.js')
const { leftUntil, serverClock, spread } = require('../shared/server-clock.js')
const { shopClient } = require('../shared/shop-client.js')
const zh = require('../shared/catalogue-zh.js').zh.coupon
const en = require('../shared/catalogue-en.js').en.coupon

const day = 86400000
const noon = new Date('2026-11-27T12:00:00').getTime()

test('the clock is the server’s, however wrong the phone’s is', () => {
  let phone = 1000
  const clock = serverClock(() => phone)
  clock.set(5000)
  phone += 250
  assert.equal(clock.now(), 5250)
})

test('a countdown shows whole seconds and ends at the moment, not before', () => {
  assert.deepEqual(leftUntil(noon, noon - 1), { days: 0, hours: '00', minutes: '00', seconds: '01' })
  assert.equal(leftUntil(noon, noon), null)
  assert.deepEqual(leftUntil(noon + 2 * day + 3661000, noon), { days: 2, hours: '01', minutes: '01', seconds: '01' })
})

test('what everybody does at once is spread', () => {
  assert.deepEqual([0, 0.5, 0.999].map((random) => spread(1000, () => random)), [0, 500, 999])
  assert.ok(new Set(Array.from({ length: 50 }, () => spread(6000))).size > 20)
})

test('what a coupon is worth, in both languages', () => {
  const worth = (value) => [zh, en].map((texts) => view.worth(value, texts).join(''))
  assert.deepEqual(worth({ type: 'amount', amount: 550 }), ['¥5.50', '¥5.50'])
  assert.deepEqual(worth({ type: 'discount', percentOff: 20 }), ['8折', '20%off'])
  assert.deepEqual(worth({ type: 'discount', percentOff: 12.5 }), ['8.75折', '12.5%off'])
  assert.deepEqual(worth({ type: 'discount', percentOff: 15 }), ['8.5折', '15%off'])
  assert.deepEqual(worth({ type: 'exchange', quantity: 1 }), ['兑换', 'Free'])
  assert.deepEqual(worth({ type: 'of-tomorrow' }), ['优惠', 'Offer'])
  assert.equal(view.condition({ value: { type: 'discount', ceiling: 1000 }, minimumSpend: 3000 }, zh), '满 ¥30 可用 · 最多减 ¥10')
  assert.equal(view.condition({ value: { type: 'amount', amount: 1 } }, en), 'No minimum')
  assert.equal(view.condition({ value: { type: 'storedValue', amount: 5000 }, balance: 1250 }, zh), '余额 ¥12.50')
})

test('for what, when, how long', () => {
  const names = { categories: { bread: '面包' }, goods: { tart: '蛋挞' } }
  assert.equal(view.scopeText(undefined, names, zh), '全部商品')
  assert.equal(view.scopeText({ categories: ['bread'], goods: ['tart', 'gone'] }, names, zh), '面包、蛋挞、gone')
  assert.equal(view.scopeText({ excludedGoods: ['tart'] }, names, zh), '全部商品（不含蛋挞）')
  assert.equal(view.hoursText({ weekdays: [1, 7], hours: [{ from: '14:00', until: '17:00' }], excludedDates: ['2026-10-01'] }, zh), '周一、周日 · 14:00–17:00 · 2026-10-01 除外')
  assert.equal(view.hoursText(undefined, zh), '')
  assert.equal(view.validityText({ days: 7, afterDays: 0 }, zh), '领取后 7 天内有效')
  assert.equal(view.validityText({ days: 7, afterDays: 1 }, zh), '领取 1 天后生效，有效 7 天')
  assert.equal(view.validityText({ from: noon, until: noon + day }, en), '2026-11-27 12:00 to 2026-11-28 12:00')
})

test('the end of a day is that day, and what ends soon says so', () => {
  const midnight = new Date('2026-11-30T00:00:00').getTime()
  assert.equal(view.untilText({ from: 0, until: midnight }, noon, zh), '2026-11-29 前有效，还有 2 天')
  assert.match(view.untilText({ from: 0, until: noon + 3600000 }, noon, zh), /^即将到期/)
  assert.equal(view.untilText({ from: 0, until: noon }, noon, en), 'Ended on 2026-11-27 12:00')
  assert.equal(view.untilText({ from: midnight, until: midnight + day }, noon, en), '2026-11-30 to 2026-11-30')
})

test('what a batch lets one do', () => {
  const offer = { status: 'open', mine: 0, opensAt: 0, closesAt: noon + day, limits: { perUser: 1 }, stock: 10, left: 1 }
  const state = (changes, now = noon) => view.stateOf({ ...offer, ...changes }, now)
  assert.equal(state({}), 'open')
  assert.equal(state({ mine: 1 }), 'claimed')
  assert.equal(state({ mine: 1, limits: { perUser: null } }), 'open')
  assert.equal(state({ status: 'soon', opensAt: noon + 1 }), 'soon')
  assert.equal(state({ status: 'soon', opensAt: noon }), 'open', 'its moment has come while the page stood there')
  assert.equal(state({ status: 'open', closesAt: noon }), 'closed')
  for (const status of ['soldOut', 'paused', 'closed']) assert.equal(state({ status }), status)
  assert.deepEqual([10, 6, 1, 0].map((left) => view.takenPercent({ stock: 10, left })), [0, 40, 90, 100])
  assert.equal(view.takenPercent({ stock: 1000000, left: 1 }), 99)
  const order = view.inOrder([{ ...offer, id: 'gone', status: 'soldOut', now: noon }, { ...offer, id: 'here', now: noon }])
  assert.deepEqual(order.map((each) => each.id), ['here', 'gone'])
})

test('names that a batch has in one language are said in the customer’s', () => {
  const texts = [{ zh: '见面礼', en: 'Nice to meet you' }]
  assert.equal(view.translator(texts, 'en')('见面礼'), 'Nice to meet you')
  assert.equal(view.translator(texts, 'zh')('见面礼'), '见面礼')
  assert.equal(view.translator(texts, 'en')('商家改的名'), '商家改的名')
})

test('every obstacle that the server knows has its words', () => {
  const codes = ['shop', 'channel', 'level', 'scope', 'spend', 'spendAfterOthers', 'nothingToReduce', 'nothingLeft', 'others', 'batchLimit', 'orderLimit', 'betterWithout', 'repeated']
  for (const texts of [zh, en]) {
    for (const code of codes) {
      assert.ok(texts.obstacles[code], code)
      assert.doesNotMatch(view.obstacleText({ code, missing: 250, most: 2, with: ['A', 'B'] }, texts), /[{}]/)
    }
  }
  assert.equal(view.obstacleText({ code: 'spend', missing: 250 }, zh), '还差 ¥2.50')
  assert.equal(view.obstacleText({ code: 'others', with: ['见面礼'] }, en, () => 'Hello'), 'Not together with “Hello”')
  assert.equal(view.obstacleText({ code: 'of-tomorrow' }, en), en.obstacles.other)
})

const rows = [{ id: 'bun', good: { category: 'bread', price: 500 }, quantity: 2 }, { id: 'off', good: null }, { id: 'tea', good: { category: 'tea', price: 1800 }, quantity: 1 }]

test('the basket is asked about without what is no longer sold', () => {
  assert.deepEqual(choice.basketOf(rows).lines, [{ goods: 'bun', category: 'bread', price: 500, quantity: 2 }, { goods: 'tea', category: 'tea', price: 1800, quantity: 1 }])
  assert.deepEqual(choice.sharesOf({ lineDiscounts: [0, 300] }, rows).map(({ good, discount }) => [good.category, discount]), [['tea', 300]])
})

test('all coupons of a customer are named, each with what keeps it', () => {
  const best = { applied: [{ coupon: 'a', name: 'A' }], unused: [{ coupon: 'b', name: 'B', code: 'spend', missing: 100 }, { coupon: 'c', name: 'C', code: 'others', with: ['A'] }] }
  const mine = ['a', 'b', 'c', 'later', 'frozen', 'kept', 'evening'].map((id) => ({ id, name: id, status: 'held', from: 0 }))
  Object.assign(mine[3], { from: noon + 1 })
  Object.assign(mine[4], { frozen: true })
  Object.assign(mine[5], { status: 'locked' })
  const list = choice.candidates(best, mine, noon).map(({ id, code, possible }) => [id, code, possible])
  assert.deepEqual(list, [
    ['a', '', true], ['b', 'spend', false], ['c', 'others', true], ['later', 'later', false], ['frozen', 'frozen', false], ['kept', 'locked', false], ['evening', 'hours', false],
  ])
})

test('a tap adds a coupon, takes it away, or lets it take the place of those that it does not go with', async () => {
  const asked = []
  const price = async (ids) => {
    asked.push(ids)
    if (ids.includes('alone') && ids.length > 1) throw Object.assign(new Error(), { problem: { code: 'COUPON_NOT_APPLICABLE' } })
    if (ids.includes('away')) throw Object.assign(new Error(), { problem: { code: 'COUPONS_AWAY' } })
    return { applied: ids.map((coupon) => ({ coupon })) }
  }
  const tap = async (chosen, id) => choice.idsOf(await choice.changed({ chosen, id, price, total: 100 }))
  assert.deepEqual(await tap(['a'], 'b'), ['a', 'b'])
  assert.deepEqual(await tap(['a', 'b'], 'a'), ['b'])
  assert.deepEqual(await tap(['a'], 'a'), [])
  assert.deepEqual(await tap(['a', 'b'], 'alone'), ['alone'])
  await assert.rejects(tap(['a'], 'away'))
  assert.deepEqual(asked.filter((ids) => ids.length === 0), [])
})

test('failures are said in the customer’s language, whoever they come from', () => {
  const problem = { code: 'COUPON_NOT_APPLICABLE', problem: { obstacle: 'spend', missing: 500 } }
  assert.equal(errorText({ errCode: -1, problem }, 'zh'), '这张券用不上：还差 ¥5')
  assert.equal(errorText({ code: 'COUPON_NOT_APPLICABLE', details: { obstacle: 'spend', missing: 500 } }, 'en'), 'It cannot be used here: ¥5 more needed')
  assert.equal(errorCode({ code: 'CALL_FUNCTION_ERR', problem: { code: 'NETWORK' } }), 'NETWORK')
  assert.equal(errorCode(undefined), '')
})

test('a claim says which of the user’s coupons it is, so that a repeat gets the same', async () => {
  const claims = []
  const client = shopClient({ coupons: () => ({ claim: async (...claim) => { claims.push(claim); return {} } }) })
  await client.claim({ id: 'cpb-x', mine: 0 })
  await client.claim({ id: 'cpb-x', mine: 0 })
  await client.claim({ id: 'cpb-x', mine: 1 })
  assert.deepEqual(claims, [['cpb-x', { outBizNo: 'claim-1' }], ['cpb-x', { outBizNo: 'claim-1' }], ['cpb-x', { outBizNo: 'claim-2' }]])
})
