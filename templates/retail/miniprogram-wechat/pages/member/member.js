// The customer's own page: level and points, coupons, orders, language.
const platform = require('../../platform')
const { language, setLanguage, shop, showTabs, texts } = require('../../common/state')
const { say } = require('../../common/views')
const { fill } = require('../../shared/language')
const { yuan } = require('../../shared/money')
const { dateText } = require('../../shared/order-view')

Page({
  data: { t: texts(), member: null, coupons: null, failed: false, noCoupons: platform.picture('images/empty-coupons.svg') },

  onShow() {
    showTabs()
    this.load()
  },

  async load() {
    platform.setTitle(texts().member.title)
    this.setData({ t: texts(), failed: false })
    try {
      const [{ member }, { coupons }] = await Promise.all([shop.member(), shop.coupons()])
      this.setData({ member: memberView(member), coupons: coupons.map(couponView) })
    } catch (error) {
      console.error('the member page could not be loaded:', error)
      this.setData({ failed: true })
    }
  },

  retry() {
    this.load()
  },

  openOrders() {
    platform.openTab('/pages/orders/orders')
  },

  switchLanguage() {
    setLanguage(language() === 'zh' ? 'en' : 'zh')
    this.load()
  },
})

function memberView(member) {
  const t = texts().member
  const { next } = member
  return {
    points: member.points,
    orders: member.orders,
    spent: yuan(member.spent),
    level: t.levels[member.level],
    since: fill(t.since, { date: dateText(member.joinedAt) }),
    progress: next ? Math.round(100 * (member.points - member.levelFrom) / (next.from - member.levelFrom)) : 100,
    next: next ? fill(t.next, { points: next.from - member.points, level: t.levels[next.level] }) : t.top,
  }
}

function couponView(coupon) {
  const t = texts().member
  const terms = []
  if (coupon.minimum > 0) terms.push(fill(t.couponMinimum, { amount: yuan(coupon.minimum) }))
  if (coupon.expiresAt) terms.push(fill(t.couponUntil, { date: dateText(coupon.expiresAt) }))
  return { id: coupon.id, name: say(coupon.name), amount: yuan(coupon.amount), terms: terms.join(' · ') }
}
