// Building the page: elements from plain calls, nothing is ever parsed from a string.

const svgSpace = 'http://www.w3.org/2000/svg'

/** `h('button', {class: 'main', onclick: save, disabled: busy}, 'Save')` */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value)
    else element.setAttribute(name, value === true ? '' : String(value))
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false))
  return element
}

/** An icon of images/icons.svg; decorative, so hidden from screen readers. */
export function icon(name, size = 22) {
  const svg = document.createElementNS(svgSpace, 'svg')
  const use = document.createElementNS(svgSpace, 'use')
  use.setAttribute('href', `images/icons.svg#${name}`)
  svg.append(use)
  svg.setAttribute('width', String(size))
  svg.setAttribute('height', String(size))
  svg.setAttribute('class', 'icon')
  svg.setAttribute('aria-hidden', 'true')
  return svg
}

export function replace(container, ...children) {
  container.replaceChildren(...children.flat(3).filter(Boolean))
}
