"""Contract of the Secret Server stand-in, held by the vendor's own Python client (python-tss-sdk).

Reads from the environment: SECRET_SERVER_URL, SECRET_SERVER_USERNAME, SECRET_SERVER_PASSWORD, CONTROL_URL.
What the client returns is compared with the stand-in's world as the control endpoint tells it.
Prints `N passed, N failed` last; the exit status is 1 when one failed.
"""

import base64
import json
import os
import sys
import traceback
import uuid
from datetime import datetime, timedelta

import requests
from delinea.secrets.server import (
    AccessTokenAuthorizer,
    DomainPasswordGrantAuthorizer,
    PasswordGrantAuthorizer,
    SecretServer,
    SecretServerClientError,
    SecretServerV0,
    ServerFolder,
    ServerSecret,
)

URL = os.environ["SECRET_SERVER_URL"].rstrip("/")
USERNAME = os.environ["SECRET_SERVER_USERNAME"]
PASSWORD = os.environ["SECRET_SERVER_PASSWORD"]
CONTROL = os.environ["CONTROL_URL"].rstrip("/")
NEVER = datetime(1, 1, 1)


def world():
    answer = requests.get(f"{CONTROL}/secret-server", timeout=30)
    answer.raise_for_status()
    return answer.json()


def edit(**change):
    answer = requests.post(f"{CONTROL}/secret-server", json=change, timeout=30)
    assert answer.ok, f"{change} was answered {answer.status_code}: {answer.text}"
    return answer.json()


def client(password=PASSWORD):
    return SecretServer(URL, PasswordGrantAuthorizer(URL, USERNAME, password))


def expect_client_error(message, work):
    try:
        work()
    except SecretServerClientError as error:
        assert error.message == message, f"the message is {error.message!r}"
        return
    raise AssertionError("the client raised no SecretServerClientError")


def secrets_with(template):
    return [secret for secret in world()["secrets"] if secret["templateName"] == template]


def new_secret(**fields):
    folder = edit(edit="createFolder", path=f"\\Python\\{uuid.uuid4()}")["folderId"]
    values = {"username": "user", "password": "value", **fields}
    name = f"python {uuid.uuid4()}"
    made = edit(edit="createSecret", folderId=folder, template="Web Password", name=name, fields=values)
    return made["secretId"], folder, name


def test_every_secret_of_the_world_reads_back_with_its_values():
    server = client()
    for secret in world()["secrets"]:
        if not secret["active"]:
            continue
        read = ServerSecret(**server.get_secret(secret["id"], fetch_file_attachments=False))
        assert read.name == secret["name"]
        assert read.folder_id == secret["folderId"]
        assert read.secret_template_name == secret["templateName"]
        for field in secret["fields"]:
            if not field["isFile"]:
                assert read.fields[field["slug"]].value == field["value"], field["slug"]


def test_a_file_is_fetched_with_its_bytes():
    server = client()
    seen = 0
    for secret in secrets_with("Unix Account (SSH)"):
        for field in secret["fields"]:
            if field["file"] is None:
                continue
            items = {item["slug"]: item for item in server.get_secret(secret["id"])["items"]}
            assert items[field["slug"]]["filename"] == field["file"]["name"]
            assert items[field["slug"]]["itemValue"].content == base64.b64decode(field["file"]["base64"])
            seen += 1
    assert seen > 0


def test_a_file_stays_a_placeholder_when_it_is_not_fetched():
    secret = next(s for s in secrets_with("Unix Account (SSH)") if any(f["file"] for f in s["fields"]))
    read = ServerSecret(**client().get_secret(secret["id"], fetch_file_attachments=False))
    assert read.fields["private-key"].value == "*** Not Valid For Display ***"


def test_a_secret_is_found_by_its_path_with_either_slash():
    secret = secrets_with("Oracle Service Account")[0]
    path = f"{secret['folderPath']}\\{secret['name']}"
    assert client().get_secret_by_path(path)["id"] == secret["id"]
    assert client().get_secret_by_path(path.replace("\\", "/"))["id"] == secret["id"]


def test_a_folder_is_found_by_its_path_with_its_children():
    folder = ServerFolder(**client().get_folder_by_path("/Production"))
    assert folder.folder_path == "\\Production"
    expected = {f["name"] for f in world()["folders"] if f["parentFolderId"] == folder.id}
    assert {child["folderName"] for child in folder.child_folders} == expected
    oracle = next(child for child in folder.child_folders if child["folderName"] == "Oracle")
    assert {child["folderName"] for child in oracle["childFolders"]} == {"East", "West"}


def test_a_folder_read_by_id_has_no_children_unless_asked():
    folder = next(f for f in world()["folders"] if f["path"] == "\\Production")
    assert client().get_folder(folder["id"])["childFolders"] is None


def test_the_secrets_of_a_folder_are_listed_whole_beyond_one_page():
    folder = edit(edit="createFolder", path=f"\\Python\\{uuid.uuid4()}")["folderId"]
    made = edit(edit="createSecrets", folderId=folder, template="Web Password", count=37)["secretIds"]
    assert sorted(client().get_secret_ids_by_folderid(folder)) == sorted(made)


def test_the_children_of_a_folder_are_listed():
    parent = next(f for f in world()["folders"] if f["path"] == "\\Production")
    expected = {f["id"] for f in world()["folders"] if f["parentFolderId"] == parent["id"]}
    assert set(client().get_child_folder_ids_by_folderid(parent["id"])) == expected


def test_a_folder_without_children_lists_none():
    _, folder, _ = new_secret()
    assert client().get_child_folder_ids_by_folderid(folder) == []


def test_a_search_finds_a_secret_by_the_exact_value_of_a_field():
    wanted = f"exact-{uuid.uuid4()}"
    secret_id, _, _ = new_secret(username=wanted)
    query = {"filter.searchText": wanted, "filter.searchField": "Username", "filter.isExactMatch": True}
    records = json.loads(client().search_secrets(query))["records"]
    assert [record["id"] for record in records] == [secret_id]


def test_a_search_answers_ten_records_unless_asked_for_more():
    page = json.loads(client().search_secrets())
    assert len(page["records"]) == 10 and page["take"] == 10 and page["hasNext"] is True


def test_the_oldest_form_of_the_client_works():
    secret = secrets_with("SQL Server Account")[0]
    assert SecretServerV0(URL, USERNAME, PASSWORD).get_secret(secret["id"])["id"] == secret["id"]


def test_an_account_of_a_domain_signs_in_with_its_domain_only():
    name = f"robot-{uuid.uuid4()}"
    made = edit(edit="addAccount", user=name, domain="corp.example.com")
    authorizer = DomainPasswordGrantAuthorizer(URL, name, "corp.example.com", made["password"])
    assert SecretServer(URL, authorizer).get_folder_by_path("Production")["folderName"] == "Production"
    local = PasswordGrantAuthorizer(URL, name, made["password"])
    expect_client_error("Login failed.", lambda: local.get_access_token())


def test_a_wrong_password_is_refused():
    expect_client_error("Login failed.", lambda: client(password="wrong").get_secret(1))


def test_an_unknown_secret_and_a_deleted_one_are_refused_alike():
    secret_id, _, _ = new_secret()
    server = client()
    edit(edit="deactivate", secretId=secret_id)
    expect_client_error("Access Denied", lambda: server.get_secret(secret_id))
    expect_client_error("Access Denied", lambda: server.get_secret(99_999_999))
    edit(edit="activate", secretId=secret_id)
    assert server.get_secret(secret_id)["active"] is True


def test_a_secret_without_permission_is_refused_like_an_unknown_one():
    secret_id, folder, _ = new_secret()
    edit(edit="setFolderAccess", folderId=folder, user=USERNAME, access="none")
    expect_client_error("Access Denied", lambda: client().get_secret(secret_id))
    assert client().get_secret_ids_by_folderid(folder) == []
    edit(edit="setFolderAccess", folderId=folder, user=USERNAME, access="inherit")
    assert client().get_secret_ids_by_folderid(folder) == [secret_id]


def test_a_token_that_was_never_given_is_refused():
    server = SecretServer(URL, AccessTokenAuthorizer("garbage", URL))
    expect_client_error("Authorization has been denied for this request.", lambda: server.get_secret(1001))


def test_a_revoked_token_is_refused_with_the_documented_text():
    token = PasswordGrantAuthorizer(URL, USERNAME, PASSWORD).get_access_token()
    server = SecretServer(URL, AccessTokenAuthorizer(token, URL))
    assert server.get_folder_by_path("Production")["folderName"] == "Production"
    headers = {"Authorization": f"Bearer {token}"}
    assert requests.post(f"{URL}/api/v1/oauth-expiration", headers=headers, timeout=30).json() is True
    expect_client_error("Authentication failed or expired token.", lambda: server.get_secret(1001))


def test_a_password_change_moves_the_time_of_the_last_attempt_in_a_form_the_client_reads():
    secret_id, _, _ = new_secret(password="before")
    server = client()
    assert ServerSecret(**server.get_secret(secret_id)).last_password_change_attempt == NEVER
    for succeeded, value in ((False, "before"), (True, "after")):
        edit(edit="configurePasswordChanges", delayMs=None)
        edit(edit="startPasswordChange", secretId=secret_id, newPassword="after")
        edit(edit="finishPasswordChange", secretId=secret_id, succeeded=succeeded)
        read = ServerSecret(**server.get_secret(secret_id))
        assert read.fields["password"].value == value
        assert abs(read.last_password_change_attempt - datetime.utcnow()) < timedelta(days=1)
    edit(edit="configurePasswordChanges", delayMs=1000)


def main():
    passed = failed = 0
    for name, test in sorted(globals().items()):
        if not name.startswith("test_"):
            continue
        try:
            test()
            passed += 1
        except Exception:
            failed += 1
            print(f"FAILED {name}", file=sys.stderr)
            traceback.print_exc()
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
