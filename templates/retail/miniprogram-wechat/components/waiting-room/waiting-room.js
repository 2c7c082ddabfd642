// Shows the line while the cloud has one: put <waiting-room /> into a page, and nothing else is needed. Calls of the page go on by themselves.
const platform = require('../../platform')
const { language, texts } = require('../../common/state')
const { waitingView } = require('../../shared/waiting')

function begin(component) {
  if (component.endListening) return
  const room = platform.waitingRoom()
  let first = 0
  const show = (place) => {
    first = Math.max(first, place.ahead)
    const t = texts()
    component.setData(Object.assign({ shown: true, trouble: '', t }, waitingView(place, first, t.waiting, language())))
  }
  const hide = () => {
    first = 0
    component.setData({ shown: false, trouble: '' })
  }
  const stumble = () => (room.state() === null ? hide() : component.setData({ trouble: texts().waiting.trouble }))
  const ends = [room.on('wait', show), room.on('turn', hide), room.on('error', stumble)]
  component.endListening = () => ends.forEach((end) => end())
}

function end(component) {
  if (component.endListening) component.endListening()
  component.endListening = null
}

Component({
  data: { shown: false, trouble: '', title: '', ahead: '', time: '', message: '', percent: 0, t: {} },
  // WeChat's names, and Alipay's.
  lifetimes: {
    attached() { begin(this) },
    detached() { end(this) },
  },
  didMount() { begin(this) },
  didUnmount() { end(this) },
  methods: {
    leave() { platform.waitingRoom().leave() },
  },
})
