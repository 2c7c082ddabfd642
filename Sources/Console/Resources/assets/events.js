// Events that a developer runs a function with, kept in this browser: the last one, and those that have a name.
import { element, make } from './console.js'

// A browser that keeps nothing for us only forgets them.
function read(key) {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

function write(key, value) {
  try {
    localStorage.setItem(key, value)
  } catch {
    return
  }
}

export class EventDrawer {
  constructor(name, unnamed) {
    this.lastKey = `sampan:event:${name}`
    this.savedKey = `sampan:events:${name}`
    this.unnamed = unnamed
    this.saved = JSON.parse(read(this.savedKey) || '{}')
    element('event').value = read(this.lastKey) || element('event').value
    element('saved').addEventListener('change', () => this.choose())
    element('save-event').addEventListener('click', () => this.save())
    element('forget-event').addEventListener('click', () => this.forget())
    this.list('')
  }

  rememberLast(event) {
    write(this.lastKey, event)
  }

  list(chosen) {
    const [last] = element('saved').options
    const names = Object.keys(this.saved).sort()
    element('saved').replaceChildren(last, ...names.map((name) => make('option', name, { value: name })))
    element('saved').value = chosen
    element('saved-events').hidden = names.length === 0
    element('forget-event').disabled = !chosen
  }

  choose() {
    const name = element('saved').value
    element('event').value = name ? this.saved[name] : read(this.lastKey) || '{}'
    element('event-name').value = name
    element('forget-event').disabled = !name
  }

  save() {
    const name = element('event-name').value.trim()
    element('event-name').setCustomValidity(name ? '' : this.unnamed)
    if (!element('event-name').reportValidity()) {
      element('event-name').setCustomValidity('')
      return
    }
    this.saved[name] = element('event').value
    write(this.savedKey, JSON.stringify(this.saved))
    this.list(name)
  }

  forget() {
    delete this.saved[element('saved').value]
    write(this.savedKey, JSON.stringify(this.saved))
    this.list('')
  }
}
