#!/usr/bin/env python3
"""Checks statements on replays with other people's tools.

    Tests/Interop/statements.py REGROK

Trains a tiny run, and replays with --attest: the run, samples of it, a forgery of it and the run of
a program. ssh-keygen checks each signature, and in-toto's own library each statement, with the
strict reader of its Test Result.
"""

import base64
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import check_bundle
from check_bundle import run

RULES = "run: [sh, train.sh]\ninputs: [train.sh]\ncompare: {columns: {loss: {absolute: 0.15}}}\n"
SCRIPT = 'printf "step,loss\\n0,0.%s\\n" "$(cat "$NOISE" 2>/dev/null || echo 1)" > metrics.csv\n'


def attest(regrok, bundle, status, *options):
    """Replays a bundle, and returns the new statement beside it."""
    before = set(bundle.parent.glob("*.replay.json"))
    answer = subprocess.run(
        [regrok, "replay", bundle, "--attest", "ada", *options], cwd=bundle.parent,
        capture_output=True, text=True,
        env={**os.environ, "NOISE": str(bundle.parent / "noise")})
    assert answer.returncode == status, (
        f"{options}: status {answer.returncode}: {answer.stdout}{answer.stderr}")
    (statement,) = set(bundle.parent.glob("*.replay.json")) - before
    assert f"attested {statement}" in answer.stdout, answer.stdout
    return statement


def check(path, result, verdict, tests):
    """Checks one statement with ssh-keygen and in-toto's library."""
    from google.protobuf import json_format
    from in_toto_attestation.predicates.test_result.v0 import test_result_pb2
    from in_toto_attestation.v1 import statement_pb2
    from in_toto_attestation.v1.resource_descriptor import ResourceDescriptor
    from in_toto_attestation.v1.statement import Statement

    text = path.read_bytes()
    with path.open("rb") as message:
        run("ssh-keygen", "-Y", "verify", "-f", path.parent / "allowed", "-I", "ada@example.org",
            "-n", "regrok-replay", "-s", f"{path}.sig", stdin=message)
    statement = Statement.copy_from_pb(json_format.Parse(text, statement_pb2.Statement()))
    statement.validate()
    assert statement.pb.predicate_type == "https://in-toto.io/attestation/test-result/v0.1"
    (subject,) = statement.pb.subject
    assert re.fullmatch("[0-9a-f]{64}", subject.digest["sha256"]), subject
    # Unknown keys are refused, so no key of regrok's can trip another reader.
    predicate = json_format.Parse(
        json.dumps(json_format.MessageToDict(statement.pb.predicate)), test_result_pb2.TestResult())
    assert predicate.result == result, predicate
    assert list(getattr(predicate, tests)) == ["replay"], predicate
    assert len(predicate.passed_tests) + len(predicate.warned_tests) + len(
        predicate.failed_tests) == 1
    for descriptor in predicate.configuration:
        ResourceDescriptor.copy_from_pb(descriptor).validate()
    config, bundle, program = predicate.configuration
    assert bundle.annotations["verdict"] == verdict, bundle
    # The name follows from the content; for the key it is what ssh-keygen writes in Base64.
    key = (path.parent / "ada.pub").read_text().split()[1]
    digits = [subject.digest["sha256"][:16], hashlib.sha256(base64.b64decode(key)).hexdigest()[:8],
              hashlib.sha256(text).hexdigest()[:8]]
    assert path.name == ".".join(digits) + ".replay.json", path.name
    return subject, config, bundle, program


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    check_bundle.inside_venv()
    regrok = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)

        def sh(script):
            return run("sh", "-ec", script, cwd=folder).decode()

        sh(f"""
            R='{regrok}'
            ssh-keygen -q -t ed25519 -N '' -C ada -f ada
            echo "ada@example.org $(cat ada.pub)" > allowed
            "$R" run --preset tiny -o run --quiet
            "$R" pack run -o full.tar.zst
            "$R" pack run --thin -o thin.tar.zst
            sed -i 's/^\\(0,[^,]*,[^,]*,[^,]*\\)[0-9],/\\1,/' run/trace/metrics.csv
            "$R" pack run -o forged.tar.zst""")
        facts = json.loads(sh(f"'{regrok}' verify full.tar.zst --json"))
        whole = attest(regrok, folder / "full.tar.zst", 0)
        subject, config, bundle, program = check(whole, "PASSED", "identical", "passed_tests")
        assert subject.digest["sha256"] == facts["result_sha256"]
        assert bundle.digest["sha256"] == facts["bundle_sha256"]
        assert config.digest["sha256"].startswith(facts["run"]) and config.name == "config.json"
        assert program.digest["sha256"] == hashlib.sha256(regrok.read_bytes()).hexdigest()
        thin = check(attest(regrok, folder / "thin.tar.zst", 0), "PASSED", "identical",
                     "passed_tests")
        assert thin[0] == subject and thin[2].digest != bundle.digest
        sample = check(
            attest(regrok, folder / "full.tar.zst", 0, "--sample", "1", "--seed", "3"),
            "PASSED", "identical", "passed_tests")
        assert sample[2].annotations["extent"] == "sample" and sample[2].annotations["seed"] == "3"
        check(attest(regrok, folder / "forged.tar.zst", 1), "FAILED", "different", "failed_tests")

        (folder / "train.sh").write_text(SCRIPT)
        (folder / "p.yaml").write_text(RULES)
        sh(f"export NOISE=$PWD/noise; '{regrok}' record -f p.yaml -o program"
           f" && '{regrok}' pack program")
        for noise, status, verdict in [
                ("1", 0, ("PASSED", "identical on this machine", "passed_tests")),
                ("2", 5, ("WARNED", "within", "warned_tests")),
                ("9", 1, ("FAILED", "different", "failed_tests"))]:
            (folder / "noise").write_text(noise)
            found = check(attest(regrok, folder / "program.tar.zst", status, "--execute"), *verdict)
            assert found[1].name == "program.json"
        count = len(list(folder.glob("*.replay.json")))
    print(f"statements: ssh-keygen and in-toto's library accept {count} of {count}")


if __name__ == "__main__":
    main()
