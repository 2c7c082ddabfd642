const { env, endpoint } = require('./config')

// The one line that differs from a shop on WeChat's own cloud: from here on wx.cloud speaks to your server.
require('./sampan').install({ env, endpoint })

App({
  onLaunch() {
    wx.cloud.init({ env })
  },
})
