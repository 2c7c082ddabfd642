// The browser's side of the shop: the Sampan client SDK (global `sampan`, loaded by index.html), and what this browser remembers.
import { shopClient } from '../shared/shop-client.js'

const env = new URLSearchParams(location.search).get('env') || ''

export const hasEnvironment = env !== ''

export function connect() {
  if (!window.sampan) throw new Error('/sdk/sampan.js did not load, so there is no way to the server')
  window.sampan.init({ env, endpoint: location.origin })
}

export const shop = shopClient({
  callFunction: async (name, data) => (await window.sampan.callFunction({ name, data })).result,
  database: () => window.sampan.database(),
  rows: (answer) => answer.data,
  coupons: () => window.sampan.coupons,
})

/** What the browser remembers, apart for each environment. */
export const memory = {
  read(key) {
    const text = localStorage.getItem(`${env}:${key}`)
    if (text === null) return null
    try {
      return JSON.parse(text)
    } catch (error) {
      console.warn(`forgetting ${key}, it cannot be read:`, error)
      localStorage.removeItem(`${env}:${key}`)
      return null
    }
  },
  write(key, value) {
    localStorage.setItem(`${env}:${key}`, JSON.stringify(value))
  },
}
