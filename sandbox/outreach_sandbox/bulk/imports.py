"""The actions of imports: a link to upload to, a look at the file, and the imports themselves.

The records are written while the request is served, but the answer shows the import as it begins, so that a client has
to look again (assumed; real imports take their time).
"""

import hashlib
import json
from typing import Any

from outreach_sandbox import errors
from outreach_sandbox.bulk.rows import file_rows, import_row, record_of_row
from outreach_sandbox.errors import humanized
from outreach_sandbox.inclusion import document_of
from outreach_sandbox.session import Session
from outreach_sandbox.uploads import PATH
from outreach_sandbox.validation import read_data
from outreach_tools.catalog import resource_type
from outreach_tools.client import JsonObject
from outreach_tools.json_values import as_array, object_at

_FILE_METHODS = ("overwrite", "skip", "missing")
_METHODS = (*_FILE_METHODS, "overwriteNoCreate")
_IMPORTED = {"prospectsImport": "prospect", "accountsImport": "account"}
_DIGESTS = ("md5", "sha1", "sha256")


def act_on_imports(session: Session, name: str, body: bytes) -> JsonObject:
    """Carry out one of the six actions and return the answer's `data`. Raises a 404 for any other."""
    if name == "generateUploadLink":
        return _generate_upload_link(session)
    if name == "validateUpload":
        return _validate_upload(session)
    attributes = object_at(read_data(body), "attributes")
    if name in _IMPORTED:
        return _import_file(session, _IMPORTED[name], attributes)
    if name == "bulkUpsert":
        return _upsert(session, attributes, custom=False)
    if name == "customObjectBulkUpsert":
        return _upsert(session, attributes, custom=True)
    raise errors.route_not_found()


def _generate_upload_link(session: Session) -> JsonObject:
    key = session.uploads.open(session.base_url)
    host = session.base_url.rpartition("/api/")[0] or session.base_url
    # The type is assumed; the contract names the two attributes only.
    return {"type": "upload", "attributes": {"storageKey": key, "uploadURL": f"{host}{PATH}/{key}"}}


def _validate_upload(session: Session) -> JsonObject:
    parameters = session.parameters.mapping("actionParams")
    for name in ("hash", "storageKey"):
        if not parameters.get(name):
            raise errors.bad_request("actionParameter.missing", f"'validateUpload' needs actionParams[{name}].")
    content = _uploaded(session, parameters["storageKey"])
    # Which digest is meant is not published.
    digests = {hashlib.new(each, content, usedforsecurity=False).hexdigest() for each in _DIGESTS}
    if parameters["hash"].lower() not in digests:
        raise errors.validation("Hash does not match the uploaded file.")
    rows = file_rows(content)
    first = next(iter(rows[0].items()), ("", "")) if rows else ("", "")
    header = {"header": first[0], "value": first[1]}
    return {"type": "validateUpload", "attributes": {"headerValue": header, "recordCount": len(rows)}}


def _import_file(session: Session, type_name: str, attributes: JsonObject) -> JsonObject:
    method = _method(attributes, _FILE_METHODS)
    session.access.demand(resource_type(type_name), "write")
    mappings = object_at(attributes, "mappings")
    if not mappings:
        raise errors.validation("Mappings can't be blank.", "/data/attributes/mappings")
    unknown = {str(name) for name in mappings.values()} - set(resource_type(type_name).attributes)
    if unknown:
        detail = f"{humanized(min(unknown))} is not an attribute of {type_name}."
        raise errors.validation(detail, "/data/attributes/mappings")
    content = _uploaded(session, str(attributes.get("storageKey", "")))
    rows = file_rows(content)
    counted = attributes.get("recordCount")
    if counted is not None and counted != len(rows):
        raise errors.validation(f"Record count must be {len(rows)}.", "/data/attributes/recordCount")
    records = [record_of_row(resource_type(type_name), row, mappings) for row in rows]
    about = {"mappings": json.dumps(mappings, ensure_ascii=False), "fileSize": len(content)}
    return _import(session, records, method, f"{type_name}s", {**about, "fileName": attributes.get("fileName")})


def _upsert(session: Session, attributes: JsonObject, *, custom: bool) -> JsonObject:
    method = _method(attributes, _METHODS)
    records = as_array(attributes.get("records"))
    if records is None:
        raise errors.validation("Records must be an array.", "/data/attributes/records")
    # There are no custom objects here, so each of their records fails.
    type_name = "customObjects" if custom else "bulkUpsert"
    return _import(session, records, method, type_name, {"fileName": attributes.get("fileName")})


def _import(session: Session, records: list[Any], method: str, import_type: str, about: dict[str, Any]) -> JsonObject:
    """Make the import's record, write what it brings, and return the record as it was at its beginning."""
    began: dict[str, Any] = {
        **about,
        "importType": import_type,
        "dupeMethod": method,
        "state": "pending",
        "total": len(records),
        "dupes": 0,
        "failures": 0,
        "recurring": 0,
        "createdAt": session.now,
        "updatedAt": session.now,
        "stateChangedAt": session.now,
        "creator.id": session.user,
    }
    number = session.store.insert("import", began)
    data, _ = document_of(session, resource_type("import"), (number,), with_included=False)
    outcomes = [import_row(session, record, method, files=bool(about.get("mappings"))) for record in records]
    reasons = [outcome.failure for outcome in outcomes if outcome.failure]
    ended: dict[str, Any] = {
        "state": "finished",
        "dupes": sum(outcome.duplicate for outcome in outcomes),
        "failures": len(reasons),
        "errorReason": reasons[0] if reasons else None,
    }
    session.store.update("import", number, ended)
    return data[0]


def _uploaded(session: Session, key: str) -> bytes:
    content = session.uploads.files.get(key)
    if content is None:
        raise errors.validation("Storage key could not be found.")
    return content


def _method(attributes: JsonObject, methods: tuple[str, ...]) -> str:
    method = str(attributes.get("dupeMethod", ""))
    if method not in methods:
        raise errors.validation("Dupe method is not included in the list.", "/data/attributes/dupeMethod")
    return method
