// The customer's coupons: those that can be used, those that were, those that are over.
const platform = require('../../platform')
const { couponWords, ticketView } = require('../../common/coupons')
const { shop, texts } = require('../../common/state')
const { listOf, untilText } = require('../../shared/coupon-view')
const { yuan } = require('../../shared/money')

const lists = ['usable', 'used', 'expired']

Page({
  data: { t: texts(), list: 'usable', filters: [], tickets: [], loading: true, failed: false, emptyTitle: '', emptyHint: '', nothing: platform.picture('images/empty-coupons.svg'), offline: platform.picture('images/offline.svg') },

  onShow() {
    platform.setTitle(texts().coupon.mineTitle)
    this.setData({ t: texts() })
    this.load()
  },

  async onPullDownRefresh() {
    await this.load()
    platform.endRefresh()
  },

  async load() {
    this.setData({ failed: false })
    try {
      const { coupons, now } = await shop.myCoupons()
      Object.assign(this, { coupons, now, words: await couponWords(coupons) })
      this.setData({ loading: false })
      this.draw()
    } catch (error) {
      console.error('the coupons could not be loaded:', error)
      this.setData({ loading: false, failed: true })
    }
  },

  draw() {
    const t = texts().coupon
    const { list } = this.data
    const name = list[0].toUpperCase() + list.slice(1)
    const count = (key) => this.coupons.filter((coupon) => listOf(coupon) === key).length
    // What ends first stands first, where it can still be used.
    const shown = this.coupons.filter((coupon) => listOf(coupon) === list)
    if (list === 'usable') shown.sort((left, right) => left.until - right.until)
    this.setData({
      filters: lists.map((key) => ({ key, name: count(key) > 0 ? `${t[key]} ${count(key)}` : t[key] })),
      tickets: shown.map((coupon) => couponView(coupon, this.words, this.now)),
      emptyTitle: t[`no${name}`],
      emptyHint: t[`no${name}Hint`],
    })
  },

  choose(event) {
    this.setData({ list: event.currentTarget.dataset.key })
    if (this.words) this.draw()
  },

  act(event) {
    const { order } = event.currentTarget.dataset
    if (order) platform.open(`/pages/order/order?id=${order}`)
    else platform.openTab('/pages/home/home')
  },

  messageAction() {
    if (this.data.failed) this.load()
    else platform.open('/pages/coupons/coupons')
  },
})

function couponView(coupon, words, now) {
  const t = texts().coupon
  return Object.assign(ticketView(coupon, words, { state: coupon.frozen ? 'frozen' : coupon.status, validity: untilText(coupon, now, t) }), footOf(coupon, now, t))
}

function footOf(coupon, now, t) {
  if (coupon.frozen) return { stateText: t.frozen }
  if (coupon.status === 'locked') return { stateText: t.locked, action: t.toOrder, order: coupon.order }
  if (coupon.status === 'held') return coupon.from > now ? {} : { action: t.use }
  if (coupon.status === 'voided') return { stateText: t.voided }
  const use = (coupon.uses || []).find((each) => !each.refunded)
  return coupon.status === 'redeemed' && use ? { stateText: `−¥${yuan(use.amount)}`, action: t.toOrder, order: use.order } : {}
}
