// What the pages need from Alipay. miniprogram-wechat/platform.js offers the same names on WeChat.
const { env, endpoint } = require('./config')

const tabs = ['home', 'cart', 'orders', 'member']
let opening

/** The cloud context of this environment, ready to use; after a failure the next call tries again. */
function cloud() {
  if (!opening) {
    const context = my.cloud.createCloudContext({ env })
    opening = context.init().then(() => context)
    opening.catch(() => { opening = undefined })
  }
  return opening
}

module.exports = {
  // cloud
  callFunction: async (name, data) => (await (await cloud()).callFunction({ name, data })).result,
  database: async () => (await cloud()).database(),
  rows: (answer) => answer,
  coupons: async () => (await cloud()).coupons,
  waitingRoom: () => my.cloud.waitingRoom,
  picture: (path) => `${endpoint}/samples/retail/${path}`,

  // what the phone remembers
  read: (key) => my.getStorageSync({ key }).data,
  write: (key, value) => my.setStorageSync({ key, data: value }),
  reportedLanguage: () => my.getSystemInfoSync().language,

  // moving about
  open: (url) => my.navigateTo({ url }),
  openInstead: (url) => my.redirectTo({ url }),
  openTab: (url) => my.switchTab({ url }),

  // telling and asking
  toast: (text) => my.showToast({ content: text, type: 'none', duration: 2200 }),
  ask: ({ title, hint, yes, no }) => new Promise((resolve) => {
    my.confirm({
      title, content: hint, confirmButtonText: yes, cancelButtonText: no,
      success: ({ confirm }) => resolve(confirm),
      fail: () => resolve(false),
    })
  }),
  setTitle: (title) => my.setNavigationBar({ title }),
  // A tab that is not on the screen at this moment cannot be changed: the next page that shows tabs tries again.
  setTabText: (index, text) => my.setTabBarItem({
    index,
    text,
    iconPath: `/images/tabs/${tabs[index]}.png`,
    selectedIconPath: `/images/tabs/${tabs[index]}-on.png`,
    fail: ({ errorMessage }) => console.info(`tab ${index} keeps its text: ${errorMessage}`),
  }),
  setTabBadge: (index, text) => {
    const fail = ({ errorMessage }) => console.info(`tab ${index} keeps its badge: ${errorMessage}`)
    if (text === '') my.removeTabBarBadge({ index, fail })
    else my.setTabBarBadge({ index, text, fail })
  },
  endRefresh: () => my.stopPullDownRefresh(),
}
