// The customer's orders, newest first, a page at a time.
const platform = require('../../platform')
const { shop, showTabs, texts } = require('../../common/state')
const { orderView } = require('../../common/views')
const { statuses } = require('../../shared/order-view')

Page({
  data: { t: texts(), filters: [], status: '', orders: [], more: false, loading: true, failed: false, empty: platform.picture('images/empty-orders.svg'), offline: platform.picture('images/offline.svg') },

  onShow() {
    const t = texts()
    platform.setTitle(t.orders.title)
    showTabs()
    this.setData({ t, filters: [''].concat(statuses).map((key) => ({ key, name: t.orders[key || 'all'] })) })
    this.load()
  },

  async onPullDownRefresh() {
    await this.load()
    platform.endRefresh()
  },

  async load() {
    const { status } = this.data
    this.setData({ failed: false })
    try {
      const { orders, more } = await shop.orders({ status, page: 1 })
      if (status !== this.data.status) return
      this.page = 1
      this.setData({ loading: false, orders: orders.map((order) => orderView(order)), more })
    } catch (error) {
      console.error('the orders could not be loaded:', error)
      this.setData({ loading: false, failed: true })
    }
  },

  async onReachBottom() {
    if (!this.data.more || this.loadingMore) return
    this.loadingMore = true
    try {
      const { status } = this.data
      const { orders, more } = await shop.orders({ status, page: this.page + 1 })
      if (status !== this.data.status) return
      this.page += 1
      this.setData({ orders: this.data.orders.concat(orders.map((order) => orderView(order))), more })
    } catch (error) {
      console.error('further orders could not be loaded:', error)
      platform.toast(texts().common.failed)
    } finally {
      this.loadingMore = false
    }
  },

  choose(event) {
    this.setData({ status: event.currentTarget.dataset.key, loading: true, orders: [] })
    this.load()
  },

  messageAction() {
    if (this.data.failed) this.load()
    else platform.openTab('/pages/home/home')
  },

  openOrder(event) {
    platform.open(`/pages/order/order?id=${event.currentTarget.dataset.id}`)
  },
})
