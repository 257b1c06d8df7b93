#!/usr/bin/env python3
"""Writes what BuildKit makes of the cases in plans/: the config and history of each platform. Nothing of Manifold takes part.

  usage: [DOCKER="docker -H …"] [NEWER_DOCKER="docker -H …"] plans-from-buildkit.py [CASE…]      all cases without CASE

First pushes the bases of plan-bases/ to localhost:5001/plans/NAME:1, and writes their configs to plan-bases/NAME/configs.json.
Then writes plans/CASE/buildkit.json. A case with "docker" in its request.json needs that version of Docker or a later one (NEWER_DOCKER,
e.g. of newer-buildkit.sh). A case with not-compared.txt says there why BuildKit is not asked.
Needs a docker with buildx and the containerd image store and the registry with localhost:5001/busybox:1 (bench/setup-peers.sh).
TMPDIR must be a folder that DOCKER sees.
"""
import atexit, importlib.util, json, os, pathlib, shutil, subprocess, sys, tarfile, tempfile, time

HERE = pathlib.Path(__file__).resolve().parent
PLANS, BASES = HERE / "plans", HERE / "plan-bases"
ALL = "linux/amd64,linux/arm64,linux/arm/v7,linux/ppc64le,linux/riscv64"
# The frontend that BuildKit has inside is meant: it fetches none.
SYNTAX = b"# syntax=docker/dockerfile:1"
SITE = "https://files.example.com"
# The context of every case. Of files the plan knows only the names.
FILES = """a.txt b.txt with?space.txt package.json package-lock.json src/main.c src/util.c src/util.h src/lib/one.txt src/lib/two.md
docs/index.md docs/deep/page.md bin/amd64/tool bin/arm64/tool bin/arm/tool bin/ppc64le/tool bin/riscv64/tool""".split()


def module(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


corpus = module("corpus", HERE / "corpus.py")
Layout = module("compare_images", HERE.parents[1] / "oracle" / "compare-images.py").Layout


def build(docker, folder, context, *arguments):
    output = folder / "image"
    for compression in ["gzip", "uncompressed", "zstd"] * 4:
        shutil.rmtree(output, ignore_errors=True)
        done = run(docker, folder, f"{output},compression={compression}", context, arguments)
        # A layer that is being compressed elsewhere in the daemon gets in the way of this one.
        if done.returncode == 0 or " locked for " not in done.stdout:
            break
        time.sleep(0.2)
    if done.returncode != 0:
        return done.stdout
    return {platform: tidy(config) for platform, _, config in Layout(str(output)).images()}


def run(docker, folder, output, context, arguments):
    return subprocess.run([*docker, "buildx", "build", "--progress=plain", "--no-cache", "--provenance=false", *arguments,
                           "--output", f"type=oci,tar=false,dest={output}", str(context)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env={**os.environ, "SSH_AUTH_SOCK": str(folder.parent / "agent.sock")})


def push(docker, reference, dockerfile):
    for _ in range(5):
        # Debian's registry sometimes answers 500 while several platforms arrive.
        done = subprocess.run([*docker, "buildx", "build", "--quiet", "--no-cache", "--provenance=false", "--platform", ALL, "--push",
                               "-t", reference, "-"], input=dockerfile, stdout=subprocess.DEVNULL)
        if done.returncode == 0:
            return
    sys.exit(f"{reference} could not be pushed.")


def tidy(config):
    """Without times, layers, and BuildKit's own marks: what is left does not change from build to build."""
    config = {key: value for key, value in config.items() if key not in ("created", "rootfs")}
    config["history"] = [{key: value for key, value in entry.items() if key in ("created_by", "empty_layer", "author")}
                         for entry in config.get("history") or []]
    return config


def write_context(folder):
    for name in FILES:
        file = folder / name.replace("?", " ")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name + "\n")
    with tarfile.open(folder / "files.tar.gz", "w:gz") as archive:
        archive.add(folder / "a.txt", "inside.txt")


def write_named(folder):
    folder.mkdir()
    for name in ("one.txt", "two.txt"):
        (folder / name).write_text(name + "\n")


def flags(request, folder):
    yield from ("--platform", ",".join(request.get("platforms", ["linux/amd64"])))
    for key, value in request.get("args", {}).items():
        yield from ("--build-arg", f"{key}={value}")
    for key, value in request.get("labels", {}).items():
        yield from ("--label", f"{key}={value}")
    for name, value in request.get("contexts", {}).items():
        yield from ("--build-context", f"{name}={folder / 'named' if value == 'folder' else value}")
    for name in request.get("secrets", []):
        yield from ("--secret", f"id={name},src={folder / 'context' / 'a.txt'}")
    for name in request.get("ssh", []):
        yield from ("--ssh", name)
    for name in request.get("allow", []):
        yield from ("--allow", name)
    for name in ("target", "network"):
        if name in request:
            yield from (f"--{name}", request[name])


def document(value):
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def main(names):
    docker = os.environ.get("DOCKER", "docker").split()
    newer = os.environ.get("NEWER_DOCKER", "").split()
    version = {"old": corpus.server_version(docker), "new": corpus.server_version(newer) if newer else 0}
    failed = 0
    with tempfile.TemporaryDirectory(prefix="manifold-plans-") as scratch:
        folder = pathlib.Path(scratch) / "case"
        folder.mkdir()
        server, stop = corpus.serve()
        agent = subprocess.Popen(["ssh-agent", "-D", "-a", str(folder.parent / "agent.sock")], stdout=subprocess.DEVNULL)
        atexit.register(agent.terminate)
        aliases = []
        for base in sorted(BASES.iterdir()):
            reference = f"localhost:5001/plans/{base.name}:1"
            push(docker, reference, (base / "Dockerfile").read_bytes())
            # Not from the registry: skopeo would turn Docker's documents into OCI's, which have no SHELL, ONBUILD and HEALTHCHECK.
            shutil.copy(base / "Dockerfile", folder / "Dockerfile")
            configs = build(docker, folder, folder, "--platform", ALL)
            (base / "configs.json").write_text(document(configs))
            if (base / "reference").exists():
                aliases += ["--build-context", f"{(base / 'reference').read_text().strip()}=docker-image://{reference}"]
        for name in names or sorted(entry.name for entry in PLANS.iterdir() if entry.is_dir()):
            case = PLANS / name
            if (case / "not-compared.txt").exists():
                continue
            request = json.loads((case / "request.json").read_text()) if (case / "request.json").exists() else {}
            with_docker = docker if request.get("docker", 0) <= version["old"] else newer
            if request.get("docker", 0) > max(version.values()):
                print(f"{name}: left as it is; it needs the BuildKit of Docker {request['docker']}: NEWER_DOCKER")
                continue
            shutil.rmtree(folder)
            (folder / "context").mkdir(parents=True)
            write_context(folder / "context")
            write_named(folder / "named")
            (folder / "Dockerfile").write_bytes((case / "Dockerfile").read_bytes()
                                               .replace(SITE.encode(), server.encode()).replace(SYNTAX, b"# "))
            made = build(with_docker, folder, folder / "context", "--file", str(folder / "Dockerfile"), *aliases, *flags(request, folder))
            if isinstance(made, str):
                failed += 1
                print(f"{name}: BuildKit refuses it:\n" + "\n".join(made.strip().splitlines()[-12:]))
                continue
            print(f"{name}: {', '.join(made)}")
            (case / "buildkit.json").write_text(document(made).replace(server, SITE))
        stop()
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1:2] in (["-h"], ["--help"]):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
