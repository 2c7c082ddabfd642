// The shell: starts the SDK, draws bars around the page and shows the page of the current address.
import { cartPage } from '../pages/cart.js'
import { confirmPage } from '../pages/confirm.js'
import { couponsPage } from '../pages/coupons.js'
import { goodsPage } from '../pages/goods.js'
import { homePage } from '../pages/home.js'
import { memberPage } from '../pages/member.js'
import { myCouponsPage } from '../pages/my-coupons.js'
import { orderPage } from '../pages/order.js'
import { ordersPage } from '../pages/orders.js'
import { drawBars, updateCartBadges } from './bars.js'
import { replace } from './dom.js'
import { connect, hasEnvironment } from './platform.js'
import { currentRoute, route } from './router.js'
import { currentLanguage, t, watch } from './state.js'
import { showWaitingRoom } from './waiting-room.js'
import { failure, message } from './widgets.js'

route('', homePage)
route('goods/:id', goodsPage)
route('cart', cartPage)
route('confirm', confirmPage)
route('orders', ordersPage)
route('orders/:id', orderPage)
route('member', memberPage)
route('coupons', couponsPage)
route('coupons/:id', couponsPage)
route('my-coupons', myCouponsPage)

let visit = 0
let connected = false

async function show() {
  const mine = (visit += 1)
  const { pattern, page, values, query } = currentRoute()
  document.documentElement.lang = currentLanguage() === 'zh' ? 'zh-CN' : 'en'
  drawBars(pattern)
  const view = document.createElement('div')
  view.className = 'view'
  replace(document.getElementById('page'), view)
  window.scrollTo(0, 0)
  const alive = () => mine === visit
  try {
    if (!connected) {
      connect()
      showWaitingRoom(window.sampan.waitingRoom)
    }
    connected = true
    await page({ view, values, query, alive })
  } catch (error) {
    console.error('the page could not be shown:', error)
    if (alive()) replace(view, failure(show))
  }
}

if (hasEnvironment) {
  window.addEventListener('hashchange', show)
  watch('language', show)
  watch('cart', updateCartBadges)
  show()
} else {
  document.title = t().shop.name
  replace(document.getElementById('page'), message({
    picture: 'offline',
    title: '缺少环境 · No environment',
    hint: '请用 ?env=env-… 打开本页 · Open this page with ?env=env-…',
  }))
}
