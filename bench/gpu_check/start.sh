#!/bin/sh
# Runs `podium gpu-check` from podium.tar.xz, which lies beside this file, on a machine that has an NVIDIA driver and
# no network. Arguments are gpu-check's. Made by `deno task gpu-pack`.
#
# Needs a POSIX shell, x86-64 Linux with the GNU C library from 2.36 on for the libraries it brings, and tar with xz, or
# python3 with lzma. Brings the Vulkan loader and uses what it brings only where the machine lacks it. Tries the
# driver files it finds, then ones of its own, until Deno sees a GPU. Leaves nothing behind.
set -eu
PATH="$PATH:/usr/sbin:/sbin"
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(mktemp -d "${TMPDIR:-/tmp}/podium-gpu-check.XXXXXX")
trap 'rm -rf "$root"' EXIT
trap 'exit 130' INT TERM

archive=$here/podium.tar.xz
if ! tar -xJf "$archive" -C "$root" 2>/dev/null; then
  python3 -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])' "$archive" "$root" || {
    echo "error: $archive can't be unpacked; install xz, or python3 with lzma." >&2
    exit 1
  }
fi

mkdir -p "$root/home" "$root/run" "$root/cache" "$root/missing"
chmod 700 "$root/run"
[ -w "${HOME:-/nowhere}" ] || export HOME="$root/home"
export DENO_DIR="$root/cache/deno" DENO_NO_UPDATE_CHECK=1 DENO_WEBGPU_BACKEND=vulkan
export XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-$root/run}" __GL_SHADER_DISK_CACHE_PATH="$root/cache"

# Libraries that the machine lacks, and folders of the driver that its loader does not know.
known=$(ldconfig -p 2>/dev/null || true)
for library in "$root"/lib/*; do
  case $known in *"$(basename "$library") ("*) ;; *) cp "$library" "$root/missing/" ;; esac
done
search=
for folder in /usr/local/nvidia/lib64 /usr/local/nvidia/lib; do
  [ -d "$folder" ] && search="$search:$folder"
done
export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$root/missing$search"

# Driver files: the given one, those of the machine, then our own for each of the driver's two entrances.
candidates=${VK_DRIVER_FILES:-${VK_ICD_FILENAMES:-}}
if [ -z "$candidates" ]; then
  for file in /etc/vulkan/icd.d/*.json /usr/share/vulkan/icd.d/*nvidia*.json \
    /usr/local/nvidia/share/vulkan/icd.d/*.json /usr/share/vulkan/icd.d/*.json; do
    [ -e "$file" ] && candidates="$candidates $file"
  done
  for library in libGLX_nvidia.so.0 libEGL_nvidia.so.0; do
    file=$root/$library.json
    printf '{"file_format_version":"1.0.0","ICD":{"library_path":"%s","api_version":"1.3.0"}}\n' "$library" >"$file"
    candidates="$candidates $file"
  done
fi
software=false
for argument in "$@"; do [ "$argument" = --software ] && software=true; done

# Problems that were packed, unless others are given.
for file in "$root"/data/*; do
  case " $* " in *" --data"*) continue ;; esac
  [ -e "$file" ] && set -- "$@" --data "$file"
done

probe='const a = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
console.log(a ? a.info.description || "unnamed" : "none");'
for file in $candidates; do
  export VK_DRIVER_FILES="$file" VK_ICD_FILENAMES="$file" # the new name and the old
  name=$("$root/bin/deno" eval "$probe" 2>"$root/probe.log" || true)
  echo "$file: ${name:-failed}"
  case $name in
    "" | none) continue ;;
    *llvmpipe* | *SwiftShader*) $software || continue ;;
  esac
  status=0
  "$root/bin/deno" run -q -A --cached-only --no-lock --node-modules-dir=manual "$root/podium/bench/cli.ts" gpu-check "$@" ||
    status=$?
  exit "$status"
done

{
  echo "error: Deno sees no GPU with any of these driver files. What may be missing:"
  cat "$root/probe.log"
  for library in libvulkan.so.1 libGLX_nvidia.so.0 libEGL_nvidia.so.0; do
    path=$(printf '%s\n' "$known" | sed -n "s/.*$library (.*=> //p" | head -n 1)
    for folder in "$root/missing" /usr/local/nvidia/lib64 /usr/local/nvidia/lib; do
      [ -z "$path" ] && [ -e "$folder/$library" ] && path=$folder/$library
    done
    if [ -z "$path" ]; then echo "  $library is not there"; else ldd "$path" | grep 'not found' || true; fi
  done
  ls -l /dev/nvidia* 2>&1 || true
  command -v nvidia-smi >/dev/null && nvidia-smi -L
} >&2
exit 1
