#!/usr/bin/env python3
"""The corpus cases/dockerfile: a folder a case. Prepares its contexts, lists what a builder made of them, and asks BuildKit what is right.

  corpus.py serve                                answers ADD's URLs and git from a free port of 127.0.0.1, until standard input ends
  corpus.py prepare FOLDER SERVER [CASE…]        contexts and command lines below FOLDER; prints every case as JSON
  corpus.py list BASE < JSON {case: image}       the listing of each image (OCI layout FOLDER[:REFERENCE]) as JSON
  corpus.py expect [CASE…]                       builds with $DOCKER and writes each case's 'expected': see expect-from-buildkit.sh

In a case's folder:
  Dockerfile, files            the context, as git has it; context.sh adds what git does not keep (run in a copy, with umask 022; odd_tar.py writes archives)
  base/                        a context that is built first; the Dockerfile calls what comes of it localhost:5001/manifold-corpus/CASE
  case.json                    platforms: other than linux/amd64 and linux/arm64; arguments: for both builders, {case} being the prepared folder,
                               and {server} the address of 'serve'; context: another than the folder; stdin: its file that is standard input;
                               times: paths whose mtime counts; ignore: patterns of paths that are not compared;
                               needs: the first Docker whose BuildKit can do this; by: whose 'expected' is, where no BuildKit at hand can make it
  expected                     BuildKit's image, a line each for what is not as in the base; or 'refused: ' and BuildKit's reason
  departs-from-buildkit.txt    '# why', then the lines of 'expected' that are not so here ('-…'), and what stands there instead ('+…')
  diagnostics.txt              what is said here where the case must not build
"""
import concurrent.futures, fnmatch, hashlib, http.server, importlib.util, json, os, pathlib, re, shutil, subprocess, sys, tempfile, threading

HERE = pathlib.Path(__file__).resolve().parent
CASES = HERE / "dockerfile"
OURS = ("case.json", "expected", "departs-from-buildkit.txt", "diagnostics.txt", "context.sh")
BASE_NAME = "localhost:5001/busybox:1"
# The environment of both builders, for secrets and arguments that come from there.
ENVIRONMENT = {"CORPUS_VALUE": "from the environment"}


def oracle():
    spec = importlib.util.spec_from_file_location("compare_images", HERE.parents[1] / "oracle" / "compare-images.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- prepare

def prepare(folder, server, names):
    cases = {}
    for name in names or sorted(entry.name for entry in CASES.iterdir()):
        source, context = CASES / name, folder / name
        shutil.copytree(source, context, symlinks=True)
        # Whatever umask git ran under.
        subprocess.run(["chmod", "-R", "u=rwX,go=rX", str(context)], check=True)
        spec = json.loads((source / "case.json").read_text()) if (source / "case.json").exists() else {}
        for each in OURS:
            (context / each).unlink(missing_ok=True)
        base = context / "base"
        if base.is_dir():
            shutil.move(base, folder / f"{name}.base")
        if (source / "context.sh").exists():
            subprocess.run(["bash", "-c", f"set -e; umask 022; . '{source}/context.sh'"], cwd=context, check=True,
                env={**os.environ, "SERVER": server, "PYTHONPATH": str(HERE), "PYTHONDONTWRITEBYTECODE": "1"})

        def resolved(text):
            if "{busybox-digest}" in text:
                text = text.replace("{busybox-digest}", "sha256:" + hashlib.sha256(subprocess.run(["skopeo", "inspect", "--tls-verify=false", "--raw", f"docker://{BASE_NAME}"],
                    stdout=subprocess.PIPE, check=True).stdout).hexdigest())
            return text.replace("{case}", str(context)).replace("{server}", server)

        platforms = ",".join(spec.get("platforms", ["linux/amd64", "linux/arm64"]))
        cases[name] = {
            "context": resolved(spec.get("context", "{case}")), "stdin": resolved(spec["stdin"]) if "stdin" in spec else None,
            "arguments": ["--platform", platforms, *map(resolved, spec.get("arguments", []))],
            "base": str(folder / f"{name}.base") if (folder / f"{name}.base").exists() else None, "platforms": platforms,
            "environment": ENVIRONMENT, "needs": spec.get("needs"), "by": spec.get("by"),
        }
    return cases


# --- list

class Listing:
    """What images are, but for what they have from their base: so a listing does not depend on the base's version."""

    def __init__(self, base):
        self.judge = oracle()
        self.bases = {platform: (config["rootfs"]["diff_ids"], self.judge.tree(layout, manifest, config))
                      for layout, platform, manifest, config in self.images(base)}
        # The one file of the base that changes with its version.
        self.known = {entry["sha256"]: f"busybox of {platform}" for platform, (_, tree) in self.bases.items()
                      for path, entry in tree.items() if path == "/bin/busybox"}

    def images(self, image):
        layout = self.judge.Layout(image)
        # An image of no layers has them as null.
        return [(layout, platform, {**manifest, "layers": manifest["layers"] or []}, {**config, "rootfs": {"diff_ids": config["rootfs"].get("diff_ids") or []}})
                for platform, manifest, config in layout.images()]

    def lines(self, image, spec):
        of = {}
        for layout, platform, manifest, config in self.images(image):
            of[platform] = self.config(config) + self.tree(layout, platform, manifest, config, spec)
        # A line that every platform has is written once.
        common = set.intersection(*map(set, of.values())) if len(of) > 1 else set()
        names = ",".join(sorted(of))
        return f"platforms {names}\n" + "".join(f"{platform} {line}\n" for platform in ["*", *sorted(of)]
            for line in (next(iter(of.values())) if platform == "*" else of[platform]) if (line in common) == (platform == "*"))

    def config(self, config):
        inner = config.get("config") or {}
        return [f"config {key} {json.dumps(inner[key], sort_keys=True, ensure_ascii=False)}" for key in self.judge.CONFIG if inner.get(key)]

    def tree(self, layout, platform, manifest, config, spec):
        tree = self.judge.tree(layout, manifest, config)
        ids, base = self.bases.get(platform, ([], {}))
        if not ids or config["rootfs"]["diff_ids"][:len(ids)] != ids:
            base = {}
        kept = {path: entry for path, entry in tree.items() if not any(fnmatch.fnmatch(path, pattern) for pattern in spec.get("ignore", []))}
        changed = [f"{escaped(path)} {self.entry(path, entry, spec)}" for path, entry in sorted(kept.items(), key=lambda each: escaped(each[0])) if not self.same(entry, base.get(path))]
        return changed + [f"{escaped(path)} removed" for path in sorted(base) if path not in tree]

    @staticmethod
    def same(one, other):
        return other is not None and all(one.get(key) == other.get(key) for key in {*one, *other} - {"mtime"})

    def entry(self, path, entry, spec):
        if entry.get("sha256") in self.known:
            entry = {**{key: value for key, value in entry.items() if key != "size"}, "sha256": f"({self.known[entry['sha256']]})"}
        timed = path in spec.get("times", [])
        return " ".join(f"{key}={escaped(str(value))}" for key, value in sorted(entry.items()) if value not in ("", None, []) and (key != "mtime" or timed))


def escaped(text):
    """One line of UTF-8, whatever bytes a name has."""
    return "".join(c if c.isprintable() and c != "\\" else "".join(f"\\x{byte:02x}" for byte in c.encode("utf-8", "surrogateescape")) for c in text)


def listing(base, images):
    one = Listing(base)
    return {name: one.lines(image, specification(name)) for name, image in images.items()}


def specification(name):
    file = CASES / name / "case.json"
    return json.loads(file.read_text()) if file.exists() else {}


# --- expect

def expect(names):
    docker = os.environ.get("DOCKER", "docker").split()
    newer = os.environ.get("NEWER_DOCKER", "").split()
    with tempfile.TemporaryDirectory(prefix="manifold-corpus-") as scratch:
        scratch = pathlib.Path(scratch)
        server, stop = serve()
        cases = prepare(scratch, server, names)
        base = scratch / "busybox.buildkit"
        (scratch / "busybox").mkdir()
        (scratch / "busybox" / "Dockerfile").write_text(f"FROM {BASE_NAME}\n")
        # Before all others, for two builds that fetch one image at once may get in each other's way.
        for command in filter(None, [newer, docker]):
            shutil.rmtree(base, ignore_errors=True)
            run([*command, "buildx", "build", "--quiet", "--provenance=false", "--pull", "--platform", "linux/amd64,linux/arm64,linux/arm/v7,linux/ppc64le,linux/riscv64",
                 "--output", f"type=oci,tar=false,dest={base}", str(scratch / "busybox")], None, check=True)
        one = Listing(str(base))
        known = server_version(docker)

        def built(name):
            case = cases[name]
            if case["by"]:
                return name, None
            command = docker
            if case["needs"] and case["needs"] > known:
                if not newer or case["needs"] > server_version(newer):
                    return name, None
                command = newer
            output = scratch / f"{name}.buildkit"
            if case["base"]:
                run([*command, "buildx", "build", "--quiet", "--provenance=false", "--platform", case["platforms"], "--push",
                     "-t", f"localhost:5001/manifold-corpus/{name}", case["base"]], None, check=True)
            for _ in range(8):
                done = run([*command, "buildx", "build", "--progress=plain", "--no-cache", "--provenance=false", *case["arguments"],
                            "--output", f"type=oci,tar=false,dest={output}", case["context"]], case["stdin"])
                # Two platforms that write the same layer at once may get in each other's way.
                if done.returncode == 0 or " locked for " not in done.stderr:
                    break
            return name, one.lines(str(output), specification(name)) if done.returncode == 0 else refusal(done.stderr, scratch, server)

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for name, text in pool.map(built, cases):
                if text is None:
                    print(f"{name}: left as it is; it " + (f"is by {cases[name]['by']}" if cases[name]["by"] else f"needs the BuildKit of Docker {cases[name]['needs']}: NEWER_DOCKER"))
                    continue
                print(f"{name}: {text.splitlines()[0]}")
                (CASES / name / "expected").write_text(text)
        stop()


def server_version(docker):
    return int(run([*docker, "version", "--format", "{{.Server.Version}}"], None, check=True).stdout.split(".")[0])


def run(command, stdin, check=False):
    with open(stdin or os.devnull, "rb") as source:
        return subprocess.run(command, stdin=source, stdout=subprocess.PIPE, stderr=None if check else subprocess.PIPE, text=True, errors="replace",
                              env={**os.environ, **ENVIRONMENT}, check=check)


def refusal(text, scratch, server):
    lines = text.strip().splitlines() or ["(nothing was said)"]
    reason = [lines[-1], *(line for line in lines if line.startswith("ERROR: "))][-1].removeprefix("ERROR: ").removeprefix("failed to solve: ")
    reason = re.sub(r"/\S*/cachemounts/buildkit\d+", "…", reason).replace(str(scratch), "…").replace(server, "{server}")
    return "refused: " + re.sub(r"ref \S+::\S+", "ref …", re.sub(r"\b[0-9a-z]{25}\b", "…", reason)) + "\n"


# --- serve

def serve():
    """Files with a date, and git's own HTTP backend over one repository. Returns the address and what ends it."""
    folder = tempfile.TemporaryDirectory(prefix="manifold-corpus-served-")
    root = pathlib.Path(folder.name)
    subprocess.run(["bash", "-c", f"set -e; umask 022; . '{HERE}/corpus-served.sh'"], cwd=root, check=True, stdout=subprocess.DEVNULL)

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=str(root))

        def log_message(self, *_):
            pass

        def end_headers(self):
            if self.path.startswith("/named"):
                self.send_header("Content-Disposition", 'attachment; filename="named-by-header"')
            super().end_headers()

        def do_GET(self):
            if self.path == "/moved":
                self.send_response(302)
                self.send_header("Location", "/plain.txt")
                self.end_headers()
            elif ".git/" in self.path:
                self.git()
            else:
                super().do_GET()

        def do_POST(self):
            self.git()

        def git(self):
            path, _, query = self.path.partition("?")
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = subprocess.run(["git", "http-backend"], input=body, stdout=subprocess.PIPE, env={
                **os.environ, "GIT_PROJECT_ROOT": str(root), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""), "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""), "REMOTE_ADDR": "127.0.0.1", "GIT_CONFIG_COUNT": "1",
                "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}).stdout
            headers, _, content = answer.partition(b"\r\n\r\n")
            lines = [line.split(": ", 1) for line in headers.decode().split("\r\n") if ": " in line]
            self.send_response(int(dict(lines).get("Status", "200").split()[0]))
            for key, value in lines:
                if key != "Status":
                    self.send_header(key, value)
            self.end_headers()
            self.wfile.write(content)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def stop():
        server.shutdown()
        folder.cleanup()
    return f"http://127.0.0.1:{server.server_port}", stop


def main():
    match sys.argv[1:]:
        case ["serve"]:
            address, stop = serve()
            print(address, flush=True)
            sys.stdin.read()
            stop()
        case ["prepare", folder, server, *names]:
            print(json.dumps(prepare(pathlib.Path(folder), server, names)))
        case ["list", base]:
            print(json.dumps(listing(base, json.load(sys.stdin))))
        case ["expect", *names]:
            expect(names)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
