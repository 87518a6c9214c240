//! A container of a StatefulSet's template as a kubelet would start it: its own command and user, without capabilities, on a file
//! system that it cannot write but for its volume, with the token of its service account. Its image is what is under test.

use std::os::unix::fs::chown;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::artefacts;
use crate::istio::CONTROL_PLANE;
use crate::istio::kube::Kube;
use crate::istio::pod::Pod;

/// Arguments: volume, program, service account's files, where the volume is mounted, then what to run.
const ENTER: &str = r#"exec 3<"$1" 4<"$2" 5<"$3"
volume=$4; shift 4
mount -t tmpfs tmpfs /mnt
mkdir /mnt/bin; touch /mnt/bin/hogusu
mount -c --bind /proc/self/fd/4 /mnt/bin/hogusu
mount -t tmpfs tmpfs /var/lib
mkdir -p "$volume"
mount -c --bind /proc/self/fd/3 "$volume"
mount -t tmpfs tmpfs /run
mkdir -p /run/secrets/kubernetes.io/serviceaccount
mount -c --bind /proc/self/fd/5 /run/secrets/kubernetes.io/serviceaccount
mount -o remount,bind,ro /
exec 3<&- 4<&- 5<&-
exec "$@""#;

/// The command that starts the first container of the set's template inside its pod; `folder` holds what it mounts.
pub async fn command(set: &Value, pod: &Pod, kube: &Kube, folder: &Path) -> Result<Command> {
    let spec = &set["spec"]["template"]["spec"];
    let container = &spec["containers"][0];
    let context = &container["securityContext"];
    let user = u32::try_from(spec["securityContext"]["runAsUser"].as_u64().context("a user")?)?;
    ensure!(user != 0 && spec["securityContext"]["runAsNonRoot"] == true, "it runs as root: {spec}");
    ensure!(context["readOnlyRootFilesystem"] == true && context["capabilities"]["drop"][0] == "ALL", "{context}");

    let (data, account) = (folder.join("data"), folder.join("service-account"));
    std::fs::create_dir_all(&data)?;
    chown(&data, Some(user), Some(user))?;
    std::fs::create_dir_all(&account)?;
    let workload = pod.workload();
    let token = kube.api_token(&workload.namespace, workload.service_account(), &workload.pod()).await?;
    std::fs::write(account.join("token"), token)?;
    std::fs::write(account.join("namespace"), &workload.namespace)?;
    std::fs::copy(kube.root_certificate(), account.join("ca.crt"))?;

    let mount = container["volumeMounts"][0]["mountPath"].as_str().context("a volume")?;
    let mut command = pod.namespaces().command("unshare");
    command.args(["--mount", "sh", "-ec", ENTER, "sh"]).arg(data).arg(artefacts::hogusu()?).arg(account).arg(mount);
    let user = user.to_string();
    command.args(["setpriv", "--reuid", &user, "--regid", &user, "--clear-groups", "--no-new-privs"]);
    command.args(["--inh-caps=-all", "--bounding-set=-all", "--pdeathsig", "KILL"]);
    command.args(["env", "-i", "PATH=/mnt/bin", "KUBERNETES_SERVICE_PORT=6443"]);
    command.arg(format!("KUBERNETES_SERVICE_HOST={CONTROL_PLANE}"));
    for words in ["command", "args"] {
        command.args(container[words].as_array().into_iter().flatten().filter_map(Value::as_str));
    }
    Ok(command)
}
