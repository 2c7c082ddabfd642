// A part of a page that lives: it is looked at again every few seconds, while somebody can see it.
import { element } from './console.js'

const EVERY = 3000

function look() {
  const part = element('live')
  if (!document.hidden && part?.hasAttribute('hx-get')) part.dispatchEvent(new Event('look'))
}

// Nothing that could still change: nobody looks any more.
const timer = setInterval(() => (element('live')?.hasAttribute('hx-get') ? look() : clearInterval(timer)), EVERY)
document.addEventListener('visibilitychange', look)
