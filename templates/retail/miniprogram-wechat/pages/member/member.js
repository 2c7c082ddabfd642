// The customer's own page: level and points, the ways to coupons and orders, language.
const platform = require('../../platform')
const { language, setLanguage, shop, showTabs, texts } = require('../../common/state')
const { listOf } = require('../../shared/coupon-view')
const { fill } = require('../../shared/language')
const { yuan } = require('../../shared/money')
const { dateText } = require('../../shared/order-view')

Page({
  data: { t: texts(), member: null, usable: '', failed: false },

  onShow() {
    showTabs()
    this.load()
  },

  async load() {
    platform.setTitle(texts().member.title)
    this.setData({ t: texts(), failed: false })
    try {
      const [{ member }] = await Promise.all([shop.member(), this.countCoupons()])
      this.setData({ member: memberView(member) })
    } catch (error) {
      console.error('the member page could not be loaded:', error)
      this.setData({ failed: true })
    }
  },

  /** How many coupons can be used; the way to them is there without that number, too. */
  async countCoupons() {
    try {
      const { coupons } = await shop.myCoupons()
      this.setData({ usable: fill(texts().member.couponsUsable, { count: coupons.filter((coupon) => listOf(coupon) === 'usable').length }) })
    } catch (error) {
      console.warn('the coupons could not be counted:', error)
    }
  },

  retry() {
    this.load()
  },

  openMyCoupons() {
    platform.open('/pages/my-coupons/my-coupons')
  },

  openCoupons() {
    platform.open('/pages/coupons/coupons')
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
