// Addresses after the '#': `#/goods/butter-croissant?x=1` → the route "goods/:id" with {id} and the query.

const routes = []

/** A page draws itself into `view`; `alive()` is false once the visitor has gone elsewhere. */
export function route(pattern, page) {
  const names = []
  const expression = pattern.replace(/:(\w+)/g, (_, name) => {
    names.push(name)
    return '([^/]+)'
  })
  routes.push({ pattern, page, names, expression: new RegExp(`^${expression}$`) })
}

/** The route of the current address; an unknown one leads home. */
export function currentRoute() {
  const [path, query = ''] = location.hash.replace(/^#\/?/, '').split('?')
  for (const { pattern, page, names, expression } of routes) {
    const match = path.match(expression)
    if (!match) continue
    const values = Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(match[index + 1])]))
    return { pattern, page, values, query: new URLSearchParams(query) }
  }
  return { pattern: '', page: routes[0].page, values: {}, query: new URLSearchParams() }
}

export function go(path, { instead = false } = {}) {
  if (instead) location.replace(`#/${path}`)
  else location.hash = `#/${path}`
}

export function goBack() {
  if (history.length > 1) history.back()
  else go('')
}
