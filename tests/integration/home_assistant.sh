#!/bin/sh
# Home Assistant, with the Python that it needs, in a Debian 13 of its own below the folder named: five minutes,
# 1.5 GB, as root. Nothing of it is seen by the machine's own Python.
set -eu

root=$1

[ -e "$root/ready" ] && exit 0
rm -rf "$root"
mkdir -p "$(dirname "$root")"
echo "digitd: installing Home Assistant below $root: five minutes, 1.5 GB"
mmdebstrap --quiet --variant=minbase \
    --include=python3,python3-venv,python3-dev,g++,libc6-dev,ca-certificates,libjpeg62-turbo,libpcap0.8,libturbojpeg0 \
    trixie "$root"
cp /etc/resolv.conf /etc/hosts "$root/etc/"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"   # where a proxy has an authority of its own
chroot "$root" python3 -m venv /v
chroot "$root" /v/bin/pip install --quiet homeassistant 'paho-mqtt==2.1.0'
# What its pages need, whatever is set up, to list what can be done: it would install them with other parts of itself.
chroot "$root" sh -c '/v/bin/pip install --quiet --constraint /v/lib/python3*/site-packages/homeassistant/package_constraints.txt \
    hassil home-assistant-intents mutagen PyTurboJPEG pymicro-vad pyspeex-noise ha-ffmpeg numpy'
touch "$root/ready"
