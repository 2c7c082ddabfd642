// Home: banner, categories, what people love, everything on the counter.
const platform = require('../../platform')
const { cart, language, shop, showTabs, texts } = require('../../common/state')
const { goodView, say } = require('../../common/views')
const { mostOfOne, quantityOf } = require('../../shared/cart')
const { stateOf } = require('../../shared/coupon-view')
const { fill } = require('../../shared/language')
const { clockText, dateText, isOpen, timeText } = require('../../shared/order-view')

Page({
  data: { t: texts(), category: '', keyword: '', categories: [], loved: [], goods: [], framed: false, loading: true, failed: false, status: '', open: false, couponHint: '', banner: platform.picture('images/banner.svg'), offline: platform.picture('images/offline.svg'), nothing: platform.picture('images/empty-search.svg') },

  onLoad() {
    this.documents = { shop: null, categories: [], loved: [], goods: [], offers: [] }
    this.load()
  },

  onShow() {
    platform.setTitle(texts().shop.name)
    showTabs()
    if (this.spoken && this.spoken !== language()) this.draw()
    this.spoken = language()
  },

  async onPullDownRefresh() {
    await this.load()
    platform.endRefresh()
  },

  async load() {
    await Promise.all([this.loadFrame(), this.loadGoods(), this.loadOffers()])
  },

  async loadFrame() {
    try {
      const [found, categories, { goods }] = await Promise.all([shop.shop(), shop.categories(), shop.goods({ sort: 'sales', pageSize: 8 })])
      Object.assign(this.documents, { shop: found, categories, loved: goods.filter((good) => good.stock > 0) })
      this.setData({ framed: true })
      this.draw()
    } catch (error) {
      console.error('the home page could not be loaded:', error)
      this.setData({ failed: true })
    }
  },

  async loadOffers() {
    try {
      this.documents.offers = await shop.offers()
      this.draw()
    } catch (error) {
      // The shop sells tea without coupons, too.
      console.warn('the coupons could not be counted:', error)
    }
  },

  async loadGoods() {
    const { category, keyword } = this.data
    this.setData({ loading: true, failed: false })
    try {
      const { goods } = await shop.goods({ category, keyword })
      if (category !== this.data.category || keyword !== this.data.keyword) return
      this.documents.goods = goods
      this.setData({ loading: false })
      this.draw()
    } catch (error) {
      console.error('the goods could not be loaded:', error)
      this.setData({ loading: false, failed: true })
    }
  },

  /** Puts the documents on the screen in the current language. */
  draw() {
    const t = texts()
    const { shop: found, categories, loved, goods } = this.documents
    const open = found !== null && isOpen(found, new Date())
    const chosen = categories.find((category) => category._id === this.data.category)
    const listTitle = chosen ? say(chosen.name) : t.home.today
    this.setData({
      t,
      open,
      status: found ? `${open ? t.shop.open : t.shop.closed} · ${fill(t.shop.hours, found)}` : t.shop.line,
      bannerTitle: t.home.bannerTitle,
      categories: [{ id: '', name: t.home.all, picture: '' }].concat(categories.map((category) => ({ id: category._id, name: say(category.name), picture: platform.picture(category.picture) }))),
      couponHint: couponHint(this.documents.offers),
      loved: loved.map(goodView),
      goods: goods.map(goodView),
      listTitle: this.data.keyword ? fill(t.home.results, { keyword: this.data.keyword }) : listTitle,
      count: fill(t.home.count, { count: goods.length }),
    })
  },

  chooseCategory(event) {
    this.setData({ category: event.currentTarget.dataset.id })
    this.loadGoods()
  },

  search(event) {
    this.setData({ keyword: event.detail.value.trim() })
    this.loadGoods()
  },

  typed(event) {
    // Emptying the field shows everything again without a further tap.
    if (event.detail.value === '' && this.data.keyword !== '') this.search(event)
  },

  messageAction() {
    if (!this.data.failed) this.setData({ category: '', keyword: '' })
    this.load()
  },

  openCoupons() {
    platform.open('/pages/coupons/coupons')
  },

  openGood(event) {
    platform.open(`/pages/goods/goods?id=${event.currentTarget.dataset.id}`)
  },

  addOne(event) {
    const { id } = event.currentTarget.dataset
    const good = this.documents.goods.find((each) => each._id === id)
    const most = Math.min(good.stock, mostOfOne)
    if (quantityOf(cart.lines(), id) >= most) {
      platform.toast(fill(texts().goods.limit, { count: most }))
      return
    }
    cart.add(id, 1)
    platform.toast(texts().goods.added)
  },
})

/** What there is to take now, and when the next comes. */
function couponHint(offers) {
  const t = texts().coupon
  const open = offers.filter((offer) => stateOf(offer, offer.now) === 'open').length
  const [next] = offers.filter((offer) => offer.status === 'soon').sort((left, right) => left.opensAt - right.opensAt)
  const hints = []
  if (open > 0) hints.push(fill(t.entryHint, { count: open }))
  if (next) hints.push(fill(t.entrySoon, { time: dateText(next.opensAt) === dateText(next.now) ? clockText(next.opensAt) : timeText(next.opensAt) }))
  return hints.join(' · ') || t.entryNone
}
