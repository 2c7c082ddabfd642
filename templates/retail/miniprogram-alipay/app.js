const { env, endpoint } = require('./config')

// The one line that differs from a shop on Alipay's own cloud: from here on my.cloud speaks to your server.
require('./sampan').install({ env, endpoint })

App({})
