# Shared by ./run and ./test: installation and build. Sourced, not run.
# Every step says what it does; a failure names the step, the reason and the remedy.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
torch_version=2.11.0
# The wheel without its 2 GB of CUDA dependencies: the two small packages are what libtorch_cpu itself links.
torch_packages=(torch==$torch_version nvidia-cuda-runtime==13.0.96 nvidia-cuda-cupti==13.0.85)
log=$root/.deps/setup.log
export CCACHE_DEPEND=1 # a first build is not preprocessed twice
step="start"

say() { printf '%s\n' "winnow: $*"; }

fail() { # fail REASON REMEDY
    printf '\nwinnow: step "%s" failed: %s\nwinnow: %s\n' "$step" "$1" "$2" >&2
    [ -s "$log" ] && printf 'winnow: the full log is %s; its end:\n%s\n' "${log#"$root"/}" "$(tail -n 15 "$log")" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo "$@"
    else fail "installing packages needs root, and sudo is not there" "run once as root: apt-get install $*"
    fi
}

install_packages() {
    step="packages"
    local wanted missing=() name
    wanted=$(sed -e 's/#.*//' -e '/^ *$/d' "$root/tools/packages.txt")
    for name in $wanted; do
        dpkg-query -W -f '${db:Status-Abbrev}' "$name" 2>/dev/null | grep -q '^ii' || missing+=("$name")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || fail "this system has no apt-get; missing: ${missing[*]}" \
        "install the equivalents of tools/packages.txt by hand, then start again"
    say "installing ${#missing[@]} Debian packages: ${missing[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q >>"$log" 2>&1 ||
        fail "apt-get update did not succeed" "check the network and /etc/apt/sources.list, then start again"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1 ||
        fail "apt-get install did not succeed" "read the log; often 'apt-get -f install' or a fresh 'apt-get update' helps"
    say "packages: $(grep -E '^(Need to get|After this operation)' "$log" | tail -n 2 | tr '\n' ' ')"
}

torch_folder() { echo "$root"/.deps/venv/lib/python3*/site-packages/torch; }

has_gpu() { command -v nvidia-smi >/dev/null && nvidia-smi -L >/dev/null 2>&1; }

install_torch() {
    step="LibTorch"
    local wanted="${torch_packages[*]}" stamp=$root/.deps/venv/winnow-stamp
    if has_gpu; then
        # With a driver the CUDA half of the wheel is wanted too.
        if [ -e /usr/local/cuda/lib64/libcudart.so.13 ]; then
            wanted="${torch_packages[*]} nvidia-cusparselt-cu13==0.8.0 nvidia-nvshmem-cu13==3.4.5 nvidia-cufile==1.15.1.6"
        else
            wanted="torch==$torch_version"
        fi
    fi
    # The stamp is written last: an interrupted installation is done again.
    [ -f "$(torch_folder)/version.py" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return 0
    local free
    free=$(df -Pm "$root" | awk 'NR == 2 {print $4}')
    [ "$free" -gt 3000 ] || fail "only $free MB are free, LibTorch and the build need 3,000" "free some space, then start again"
    say "fetching LibTorch $torch_version into .deps/ (543 MB, 1.2 GB on disk)"
    rm -rf "$root/.deps/venv"
    python3 -m venv "$root/.deps/venv" >>"$log" 2>&1 ||
        fail "python3 -m venv did not succeed" "install python3-venv for this python3 ($(command -v python3))"
    local flags=(--no-deps)
    [ "$wanted" = "torch==$torch_version" ] && flags=()
    # shellcheck disable=SC2086 # a list of package names
    "$root/.deps/venv/bin/pip" install --no-cache-dir "${flags[@]}" $wanted >>"$log" 2>&1 ||
        fail "pip could not get $wanted" "check the network (a proxy? PIP_INDEX_URL?), then start again"
    echo "$wanted" >"$stamp"
}

# build [TARGET...]: everything without arguments.
build() {
    step="build"
    local jobs memory
    jobs=$(nproc)
    memory=$(awk '/MemTotal/ {print int($2 / 1048576)}' /proc/meminfo)
    [ "$memory" -ge $((jobs * 2)) ] || jobs=$((memory / 2 > 0 ? memory / 2 : 1))
    local werror=OFF
    [ -n "${WINNOW_WERROR:-}" ] && werror=ON
    if [ ! -f "$root/build/build.ninja" ] || [ -n "${WINNOW_WERROR:-}" ]; then
        (cd "$root" && cmake --preset release "-DWINNOW_WERROR=$werror" "-DWINNOW_TORCH_DIR=$(torch_folder)") >>"$log" 2>&1 ||
            fail "cmake could not configure the build" "read the log: it names the missing part"
    fi
    local work
    work=$(cd "$root" && ninja -C build -n "$@" 2>/dev/null | grep -c '^\[' || true)
    [ "$work" -gt 2 ] && say "building ($work steps, $jobs at a time; the first time takes minutes)"
    ninja -C "$root/build" -j "$jobs" "$@" >>"$log" 2>&1 ||
        fail "the build stopped with an error" "see the log; after an update of the compiler remove build/ and start again"
}

get_model() {
    step="model"
    "$root/build/bin/winnow-cli" models get smollm2-135m --quiet >>"$log" 2>&1
}

setup() {
    mkdir -p "$root/.deps"
    : >"$log"
    install_packages
    install_torch
}
