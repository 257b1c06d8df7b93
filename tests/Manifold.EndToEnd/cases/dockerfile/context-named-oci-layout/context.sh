skopeo copy --quiet --all --src-tls-verify=false docker://localhost:5001/busybox:1 oci:layout:one >/dev/null; printf 'layout\n' >.dockerignore
