"""A function that writes down that it ran, and how to read what it wrote."""

RECORDER = """
const cloud = require('wx-server-sdk'); cloud.init({ env: cloud.DYNAMIC_CURRENT_ENV })
exports.main = async (event) => {
  await cloud.database().collection('records').add({ data: { at: Date.now(), event } })
  return { recorded: true } }"""


def deploy_recorder(environment, name, **settings):
    if not any(entry["name"] == "records" for entry in collections_of(environment)):
        environment.create_collection("records", "ADMINONLY")
    return environment.deploy(name, RECORDER, **settings)


def collections_of(environment):
    response = environment.request("GET", "/collections")
    return response.json()["collections"]


def records_of(environment, **where):
    """What the recorder wrote, oldest first."""
    found, page = [], 1000
    while True:
        rows = environment.database(
            "get", "records", where=where, orderBy=[["at", "asc"], ["_id", "asc"]], skip=len(found), limit=page
        )["data"]
        found += rows
        if len(rows) < page:
            return found
