"""What the program's source says: settings, metrics, services, the time it takes to stop. Read from the source itself, so
that the manifests cannot be right about a program that is no more."""

import pathlib
import re
import tomllib

SECRET = "SecretString"
# Not deployed: it only plays MAS.
LOCAL_ONLY = {"mas-simulator"}
# In a setting of one of these types, what stands below the key is not looked at here.
FREE = re.compile(r"BTreeMap|HashMap|Vec<")


class Program:
    """Facts about the program."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.services = self._services()
        self.metrics = self._metrics()
        self.version = tomllib.loads(self._text("Cargo.toml"))["workspace"]["package"]["version"]
        self._common = self._structs(["crates/chassis/src", "crates/telemetry/src", "crates/auth/src/config.rs"])
        # Its own first: a type may be the package's, and two modules may have a type of the same name.
        self._own = {name: self._structs([*files, self._package(files)]) for name, files in self.services.items()}
        self._sections = {name: self._sections_of(files) for name, files in self.services.items()}

    def _text(self, path):
        return (self.root / path).read_text(encoding="utf-8")

    def _rust(self, folder):
        start = self.root / folder
        return [start] if start.is_file() else sorted(start.rglob("*.rs"))

    def _services(self):
        """The source files of every service that is a program of its own, by name. A package may hold several programs;
        then each names the module it is in, and its files are those of that module."""
        found = {}
        for package in sorted(path.parent for path in self.root.glob("services/*/Cargo.toml")):
            source = package / "src"
            mains = {package.name: source / "main.rs"} | {path.stem: path for path in sorted(source.glob("bin/*.rs"))}
            modules = {name: self._module(path) for name, path in mains.items() if path.exists()}
            files = sorted(source.rglob("*.rs"))
            for name, module in modules.items():
                if module is None or name in LOCAL_ONLY:
                    continue
                others = {other for other in modules.values() if other and other != module}
                found[name] = [path for path in files if self._belongs(path.relative_to(source), module, others)]
        return found

    def _package(self, files):
        """The folder of a package's source, as text, by one of its files."""
        return "/".join(files[0].relative_to(self.root).parts[:3])

    @staticmethod
    def _module(main):
        """The module of a program's service: empty for the package itself, None if it is no service."""
        run = re.search(r"chassis::run::<\w+::((?:\w+::)*)\w+>", main.read_text(encoding="utf-8"))
        return run.group(1).removesuffix("::") if run else None

    @staticmethod
    def _belongs(path, module, others):
        top = path.parts[0].removesuffix(".rs")
        return top == module if module else top not in others

    def _metrics(self):
        """Every metric that is declared and also written somewhere: a name that nothing writes is an empty panel."""
        constant = re.compile(r'const ([A-Z_]+): &str = "(crossdesk_[a-z_]+)";')
        written = re.compile(r"\b(?:counter|gauge|histogram)!\(\s*(?:\w+::)*([A-Z_]+)\b")
        declared, used = [], {}
        for crate in sorted(self.root.glob("*/*/Cargo.toml")):
            crate = crate.parent
            for path in crate.glob("src/**/*.rs"):
                text = path.read_text(encoding="utf-8").split("#[cfg(test)]")[0]
                declared += [(crate.name, *found) for found in constant.findall(text)]
                used.setdefault(crate.name, set()).update(written.findall(text))
        everywhere = set().union(*used.values())
        return {
            name
            for crate, key, name in declared
            if key in (everywhere if crate == "telemetry" else used.get(crate, ()))
        }

    def _structs(self, folders):
        """Fields and their types of every struct, by name."""
        structs = {}
        for folder in folders:
            for path in self._rust(folder) if isinstance(folder, str) else [folder]:
                text = path.read_text(encoding="utf-8")
                for name, body in re.findall(r"pub(?:\([a-z]+\))? struct (\w+) \{(.*?)\n\}", text, re.S):
                    fields = re.findall(r"^\s+(?:pub(?:\([a-z]+\))? )?(\w+): ([^\n]+),$", body, re.M)
                    structs.setdefault(name, dict(fields))
        return structs

    @staticmethod
    def _sections_of(files):
        """Section names of a service's own, and the types they are read as."""
        found = {}
        for path in files:
            text = path.read_text(encoding="utf-8")
            for kind, name in re.findall(r"let \w+: (?:\w+::)*(\w+) = [\w.]*section\(\"(\w+)\"\)", text):
                found.setdefault(name, kind)
            for kind, name in re.findall(r"section::<(?:\w+::)*(\w+)>\(\"(\w+)\"\)", text):
                found.setdefault(name, kind)
            for name in re.findall(r"section\(\"(\w+)\"\)", text):
                found.setdefault(name, f"{name.capitalize()}Config")
        return found

    def setting(self, service, path):
        """The type of a setting, given as the names on the way to it; None if the service has no such setting. What is no
        service, as the operator's commands, has those that all programs have."""
        head, rest = path[0], path[1:]
        common, sections = self._common["Config"], self._sections.get(service, {})
        if head in common and head not in sections:
            return self._descend(self._common, common[head], rest)
        own = {**self._common, **self._own.get(service, {})}
        kind = sections.get(head)
        return self._descend(own, kind, rest) if kind else None

    def _descend(self, structs, kind, rest):
        if not rest:
            return kind
        if FREE.search(kind):
            return kind if len(rest) == 1 else None
        name = next((word for word in reversed(re.findall(r"\w+", kind)) if word in structs), None)
        fields = structs.get(name, {})
        return self._descend(structs, fields[rest[0]], rest[1:]) if rest[0] in fields else None

    def is_secret(self, service, kind):
        """Whether a secret is part of a setting of this type."""
        structs = {**self._common, **self._own.get(service, {})}
        seen, left = set(), [kind]
        while left:
            for word in re.findall(r"\w+", left.pop()):
                if word == SECRET:
                    return True
                if word in structs and word not in seen:
                    seen.add(word)
                    left += structs[word].values()
        return False

    def calls(self):
        """Whom each service calls, by the table "Who calls whom" of docs/CONFIGURATION.md."""
        part = self._text("docs/CONFIGURATION.md").split("\n## Who calls whom\n")[1]
        rows = [line.split("|")[1:3] for line in part.splitlines() if line.startswith("| ")][1:]
        # `mas.bridge.url` and the like are systems outside.
        return {
            name.strip(): {word.replace("_", "-") for word in re.findall(r"`([a-z_]+)`", needs)} for name, needs in rows
        }

    def asked(self, service):
        """Whose addresses the service's source looks up by name, and, if it reads events, all that may have missing ones."""
        text = "\n".join(path.read_text(encoding="utf-8") for path in self.services[service])
        found = set(re.findall(r'addresses\s*\.get\("([a-z-]+)"\)', text))
        if "Subscription::events(" in text:
            found |= {name for name in self.services if self._writes_events(name)} - {service}
        return found

    def _writes_events(self, service):
        """Whether changes are saved with events."""
        texts = (path.read_text(encoding="utf-8") for path in self.services[service])
        return any(re.search(r"\bimpl Persist for\b", text) for text in texts)

    def stop_seconds(self, drain_ms):
        """How long the program may take to stop: draining, requests, relay and readers, the last traces."""
        host = self._text("crates/chassis/src/host.rs")
        found = re.findall(r"const (FINISH_\w+|FLUSH_\w+): Duration = Duration::from_(secs|millis)\((\d+)\);", host)
        limits = {name: int(number) / (1000 if unit == "millis" else 1) for name, unit, number in found}
        # The background stops in two stages.
        return drain_ms / 1000 + sum(limits.values()) + limits["FINISH_BACKGROUND"]

    def background_pool(self):
        """Connections a service has beside those of its HTTP workers."""
        found = re.search(r"const BACKGROUND_POOL: usize = (\d+);", self._text("crates/chassis/src/host.rs"))
        return int(found.group(1))
