// The line in front of a shop that is full: its words, and the component of both mini programs.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'

const require = createRequire(import.meta.url)
const { waitingView } = require('../shared/waiting.js')
const { catalogue } = require('../shared/language.js')
const { WaitingEvents } = require('../../../sdk/client/src/waiting-room.js')

const place = { phase: 'open', ahead: 120, leastSeconds: 100, mostSeconds: 290, opensInSeconds: 0, message: { zh: '人人有茶', en: '' } }

test('a wait is told with its error, in both languages', () => {
  const zh = waitingView(place, 240, catalogue('zh').waiting, 'zh')
  assert.deepEqual(zh, { title: '正在排队', ahead: '120 人', time: '约 1～5 分钟', message: '人人有茶', percent: 50 })
  const en = waitingView(Object.assign({}, place, { leastSeconds: 7300, mostSeconds: 10000 }), 240, catalogue('en').waiting, 'en')
  assert.equal(en.time, 'about 2 to 3 hours')
  assert.equal(en.message, '人人有茶', 'a shop that speaks one language speaks it to all')
  assert.equal(waitingView(Object.assign({}, place, { ahead: 0, mostSeconds: 9 }), 240, catalogue('en').waiting, 'en').time, 'less than a minute')
  const lobby = waitingView(Object.assign({}, place, { phase: 'lobby', opensInSeconds: 61 }), 240, catalogue('en').waiting, 'en')
  assert.deepEqual([lobby.ahead, lobby.time, lobby.percent], ['drawn at the beginning', 'begins in about 2 min', 0])
})

for (const [program, name] of [['miniprogram-wechat', 'wx'], ['miniprogram-alipay', 'my']]) {
  test(`the component of ${program} shows the line and goes away`, () => {
    const room = new WaitingEvents()
    let definition
    globalThis[name] = { cloud: { waitingRoom: room }, getStorageSync: () => (name === 'my' ? { data: 'zh' } : 'zh') }
    globalThis.Component = (options) => { definition = options }
    try {
      require(`../${program}/components/waiting-room/waiting-room.js`)
      const component = Object.assign({ data: structuredClone(definition.data), setData(changes) { Object.assign(this.data, changes) } }, definition.methods)
      const begin = name === 'wx' ? definition.lifetimes.attached : definition.didMount
      begin.call(component)
      begin.call(component)
      assert.equal(component.data.shown, false)
      room.tell('wait', place)
      assert.deepEqual([component.data.shown, component.data.ahead, component.data.t.waiting.title], [true, '120 人', '正在排队'])
      room.tell('error', new Error('no network'))
      assert.match(component.data.trouble, /位置已保留/)
      let left = false
      room.leavers.add(() => { left = true })
      component.leave()
      assert.ok(left)
      room.tell('turn', {})
      assert.equal(component.data.shown, false)
      const end = name === 'wx' ? definition.lifetimes.detached : definition.didUnmount
      end.call(component)
      room.tell('wait', place)
      assert.equal(component.data.shown, false, 'a page that is gone listens no longer')
    } finally {
      delete globalThis[name]
      delete globalThis.Component
    }
  })
}
