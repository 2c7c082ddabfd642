// What the pages need from WeChat. miniprogram-alipay/platform.js offers the same names on Alipay.
const { endpoint } = require('./config')

module.exports = {
  // cloud
  callFunction: async (name, data) => (await wx.cloud.callFunction({ name, data })).result,
  database: () => wx.cloud.database(),
  rows: (answer) => answer.data,
  coupons: () => wx.cloud.coupons,
  waitingRoom: () => wx.cloud.waitingRoom,
  picture: (path) => `${endpoint}/samples/retail/${path}`,

  // what the phone remembers
  read: (key) => wx.getStorageSync(key),
  write: (key, value) => wx.setStorageSync(key, value),
  reportedLanguage: () => wx.getAppBaseInfo().language,

  // moving about
  open: (url) => wx.navigateTo({ url }),
  openInstead: (url) => wx.redirectTo({ url }),
  openTab: (url) => wx.switchTab({ url }),

  // telling and asking
  toast: (text) => wx.showToast({ title: text, icon: 'none', duration: 2200 }),
  ask: ({ title, hint, yes, no }) => new Promise((resolve) => {
    wx.showModal({
      title, content: hint, confirmText: yes, cancelText: no, confirmColor: '#2f5d50',
      success: ({ confirm }) => resolve(confirm),
      fail: () => resolve(false),
    })
  }),
  setTitle: (title) => wx.setNavigationBarTitle({ title }),
  // A tab that is not on the screen at this moment cannot be changed: the next page that shows tabs tries again.
  setTabText: (index, text) => wx.setTabBarItem({ index, text, fail: ({ errMsg }) => console.info(`tab ${index} keeps its text: ${errMsg}`) }),
  setTabBadge: (index, text) => {
    const fail = ({ errMsg }) => console.info(`tab ${index} keeps its badge: ${errMsg}`)
    if (text === '') wx.removeTabBarBadge({ index, fail })
    else wx.setTabBarBadge({ index, text, fail })
  },
  endRefresh: () => wx.stopPullDownRefresh(),
}
