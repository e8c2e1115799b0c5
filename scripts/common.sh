# Sourced by ../run, ../test and nightly: missing packages, builds. Sets root and build.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

die() {
	echo "$(basename "$0"): $*" >&2
	exit 1
}

# install_packages KIND...: those of scripts/packages that are not there yet, by name.
install_packages() {
	local name kind wanted=() missing=() have sudo=()
	while read -r name kind _; do
		[[ -z $name || $name == \#* || " $* " != *" $kind "* ]] || wanted+=("$name")
	done <"$root/scripts/packages"
	if ! command -v dpkg-query >/dev/null; then
		echo "not a Debian system; these packages are needed: ${wanted[*]}"
		return 0
	fi
	have=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null || true)
	for name in "${wanted[@]}"; do
		grep -qx "$name installed" <<<"$have" || missing+=("$name")
	done
	((${#missing[@]})) || return 0
	echo "installing: ${missing[*]}"
	if (($(id -u) != 0)); then
		command -v sudo >/dev/null || die "run as root: apt-get install ${missing[*]}"
		sudo=(sudo)
	fi
	apt_install() {
		"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
			apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null
	}
	# the lists of a fresh machine are empty or old: then once more with new ones
	apt_install >/dev/null 2>&1 && return 0
	"${sudo[@]}" apt-get update -qq </dev/null || die "apt-get update failed"
	apt_install >/dev/null || die "could not install: ${missing[*]}"
}

# Builds go to build/; a tree that belongs to somebody else is built under ~/.cache.
build=$root/build
if ! mkdir -p "$build" 2>/dev/null || [[ ! -w $build ]] ||
	[[ -n $(find "$build" -maxdepth 2 -name CMakeCache.txt ! -writable 2>/dev/null) ]]; then
	build=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/punchd/build
	mkdir -p "$build" || die "cannot write to $root/build nor to $build"
fi

# build_preset PRESET [TARGET...]
build_preset() {
	local preset=$1 targets=()
	shift
	(($# == 0)) || targets=(--target "$@")
	(cd "$root" && cmake --preset "$preset" -B "$build/$preset" >/dev/null) &&
		cmake --build "$build/$preset" -j "$(nproc)" "${targets[@]}"
}
