"""What a function does to itself it does to nobody else: each test has a neighbour that must not notice."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness.client import ok

NEIGHBOUR_SECONDS = 2.0


@pytest.fixture(scope="module")
def neighbour(other_environment):
    """Somebody else's function on the same machine."""
    other_environment.deploy("steady", "const secret = 'neighbours-secret'\nexports.main = async (event) => event.n + secret.length * 0")
    user = other_environment.user("neighbour")
    ok(user.call("steady", {"n": 0}))
    return user


HARMFUL = {
    "loops": "for (;;);",
    "allocates": "const held = []; for (;;) held.push(Buffer.alloc(8 << 20, 1))",
    "fills-the-heap": "const held = []; for (;;) held.push(new Array(1e6).fill({}))",
    "forks": """const { spawn } = require('child_process')
      for (let i = 0; i < 2000; i++) { const child = spawn('/bin/sleep', ['30']); child.on('error', () => {}) }
      await new Promise(done => setTimeout(done, 1500)); return 'forked'""",
    "fills-tmp": """const fs = require('fs'); const block = Buffer.alloc(16 << 20)
      for (let i = 0; i < 4096; i++) fs.writeFileSync('/tmp/' + i, block)""",
    "kills-its-parent": "process.kill(process.ppid, 'SIGKILL'); process.kill(-1, 'SIGKILL'); await new Promise(() => {})",
    "floods-the-log": "for (let i = 0; i < 3e5; i++) console.log('x'.repeat(200)); return 1",
}


@pytest.mark.parametrize("harm", HARMFUL)
def test_harm_stays_at_home(server, environment, neighbour, harm):
    environment.deploy(harm, f"exports.main = async () => {{ {HARMFUL[harm]} }}", timeoutSeconds=3, memoryMB=128)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(environment.try_invoke, harm)
        slowest = 0.0
        for n in range(20):
            began = time.monotonic()
            assert ok(neighbour.call("steady", {"n": n})) == n
            slowest = max(slowest, time.monotonic() - began)
            time.sleep(0.05)
        assert running.result().status_code in (200, 429, 500, 502, 504)
    assert slowest < NEIGHBOUR_SECONDS, f"the neighbour waited {slowest:.1f} s"
    assert server.process.poll() is None
    environment.deploy(harm, "exports.main = async () => 'well again'")
    assert environment.invoke(harm) == "well again"


LOOK_AROUND = """
const fs = require('fs'), net = require('net'), path = require('path')
function read(place) { try { return fs.readFileSync(place, 'latin1').slice(0, 2000) } catch (error) { return error.code } }
function list(place) { try { return fs.readdirSync(place) } catch (error) { return error.code } }
function connect(port) { return new Promise(done => {
  const socket = net.connect(port, '127.0.0.1', () => { socket.destroy(); done('connected') })
  socket.on('error', error => done(error.code)); socket.setTimeout(1000, () => { socket.destroy(); done('timeout') }) }) }
function search(folder, word, left = { files: 20000 }) {
  const found = []
  for (const name of Array.isArray(list(folder)) ? list(folder) : []) {
    const place = path.join(folder, name)
    if (place.startsWith('/proc') || place.startsWith('/dev') || place.startsWith('/usr') || place.startsWith('/sys')) continue
    if (left.files-- < 0) break
    try {
      const status = fs.lstatSync(place)
      if (status.isDirectory()) found.push(...search(place, word, left))
      else if (status.isFile() && status.size < 1e6 && fs.readFileSync(place, 'latin1').includes(word)) found.push(place)
    } catch (error) { if (!error.code) throw error }
  }
  return found
}
exports.main = async (event) => ({
  data: list(event.data), key: read(event.data + '/operator.key'), root: list('/root'), passwd: read('/etc/shadow'),
  secrets: search('/', 'neighbours-' + 'secret'), loopback: await connect(event.port),
  processes: list('/proc').filter(name => /^[0-9]+$/.test(name)).length, environment: Object.keys(process.env).sort(),
  code: (() => { try { fs.writeFileSync(__filename, 'changed'); return 'written' } catch (error) { return error.code } })(),
  user: process.getuid() })"""


def test_nothing_of_the_machine_is_in_reach(server, environment, neighbour):
    environment.deploy("explorer", LOOK_AROUND)
    seen = environment.invoke("explorer", {"data": str(server.data), "port": server.port})
    assert isinstance(seen["data"], str), seen["data"]
    assert server.operator_key not in seen["key"]
    assert isinstance(seen["root"], str) or seen["root"] == []
    assert len(seen["passwd"]) < 10
    assert seen["secrets"] == []
    assert seen["loopback"] != "connected"
    assert seen["processes"] < 10
    assert seen["code"] != "written"
    assert seen["user"] != 0
    assert not [name for name in seen["environment"] if "KEY" in name or "TOKEN" in name or "SECRET" in name]
