//! Pilot-agent in a pod, which writes Envoy's bootstrap, runs it as the proxy's own user, and brings it certificates and modules.
//! The files it expects are put where it looks for them; the pod's traffic goes through Envoy by Istio's own iptables rules.

use std::net::Ipv4Addr;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::json;

use crate::istio::kube::Kube;
use crate::istio::namespaces::{Namespaces, output};
use crate::istio::programs::program;
use crate::istio::workload::{Proxy, Workload};
use crate::istio::{CONTROL_PLANE, TRUST_DOMAIN};
use crate::process::Process;

/// The k8s cluster's name in the mesh.
pub const CLUSTER: &str = "Kubernetes";
/// The proxy's own user: iptables rules let its traffic pass.
const PROXY_USER: u32 = 1337;
/// Where each pod sees its own folder, the lab's programs and Envoy, wherever the repository lies and whoever may read it.
const POD: &str = "/mnt/pod";
/// Envoy's own log of exchanges, in the pod's folder.
pub const ACCESS_LOG: &str = "/mnt/pod/access.jsonl";

/// The module as a file in every pod, as an image volume would bring it: for hooks whose module the agent does not fetch.
pub const MODULE: &str = "/var/lib/hogusu/plugin.wasm";

/// Mounts of a pod; arguments: its folder, the folder of programs, Envoy, the module. They are opened first, for they may lie
/// below what is then covered. The agent keeps modules at a fixed place.
pub const MOUNTS: &str = r#"exec 3<"$1" 4<"$2" 5<"$3" 6<"$4"
mount -t tmpfs tmpfs /mnt
mkdir /mnt/pod /mnt/istio; touch /mnt/envoy
mount -c --bind /proc/self/fd/3 /mnt/pod
mount -c --bind /proc/self/fd/4 /mnt/istio
mount -c --bind /proc/self/fd/5 /mnt/envoy
mount -t tmpfs tmpfs /var/lib
mkdir -p /var/lib/istio/data /var/lib/hogusu; chown 1337 /var/lib/istio/data
touch /var/lib/hogusu/plugin.wasm
mount -c --bind /proc/self/fd/6 /var/lib/hogusu/plugin.wasm
exec 3<&- 4<&- 5<&- 6<&-"#;

/// As what a waypoint asks istiod: later ones keep principals in objects that only Istio's build of Envoy can make, this one as text.
const WAYPOINT_VERSION: &str = "1.29.1";

const FOLDERS: [&str; 5] = [
    "etc/istio/proxy",
    "etc/istio/pod",
    "var/run/secrets/tokens",
    "var/run/secrets/istio",
    "var/run/secrets/workload-spiffe-uds",
];

/// Where istiod serves its configuration.
pub fn discovery() -> String {
    format!("{CONTROL_PLANE}:15012")
}

/// Puts into `folder` what the agent reads, readable for the proxy's user.
pub async fn prepare(workload: &Workload, folder: &Path, kube: &Kube, root: &str) -> Result<()> {
    for name in FOLDERS {
        std::fs::create_dir_all(folder.join(name))?;
    }
    let token = kube.token(&workload.namespace, workload.service_account(), &workload.pod()).await?;
    std::fs::create_dir_all(folder.join("var/lib/istio/envoy"))?;
    let bootstrap = std::fs::read_to_string(program("envoy_bootstrap.json"))?;
    // The agent asks for it at every waypoint, and only Istio's build of Envoy has it.
    let bootstrap = bootstrap.replace("{{- if .metadata_discovery }}", "{{- if false }}");
    std::fs::write(folder.join("var/lib/istio/envoy/envoy_bootstrap_tmpl.json"), bootstrap)?;
    std::fs::write(folder.join("var/run/secrets/tokens/istio-token"), token)?;
    std::fs::write(folder.join("var/run/secrets/istio/root-cert.pem"), root)?;
    let labels: String = workload.pod_labels().iter().map(|(key, value)| format!("{key}=\"{value}\"\n")).collect();
    std::fs::write(folder.join("etc/istio/pod/labels"), labels)?;
    std::fs::write(folder.join("etc/istio/pod/annotations"), "kubectl.kubernetes.io/default-container=\"app\"\n")?;
    let mut give = std::process::Command::new("chown");
    give.args(["-R", &format!("{PROXY_USER}:{PROXY_USER}")]).arg(folder);
    output(give).await.map(drop)
}

/// Istio's own program sets the rules that lead the pod's traffic through Envoy.
pub async fn redirect(workload: &Workload, namespaces: &Namespaces) -> Result<()> {
    let mut command = namespaces.command(program("pilot-agent"));
    command.args(["istio-iptables", "-p", "15001", "-z", "15006", "-u", "1337", "-m", "REDIRECT"]);
    command.args(["-i", "*", "-x", "", "-b", "*", "-d", "15090,15021,15020"]);
    command.args(["-o", workload.excluded_outbound_ports()]);
    output(command).await.map(drop)
}

/// Starts it; `logs` gets its output.
pub fn start(workload: &Workload, address: Ipv4Addr, namespaces: &Namespaces, logs: &Path) -> Result<Process> {
    let name = format!("{}-agent", workload.deployment());
    for stream in ["stdout", "stderr"] {
        // Envoy opens its own output again, by name and as its own user.
        let path = logs.join(format!("{name}.{stream}"));
        std::fs::File::create(&path).with_context(|| format!("creating {}", path.display()))?;
        chown(&path, Some(PROXY_USER), Some(PROXY_USER))?;
    }
    let user = PROXY_USER.to_string();
    let mut command = namespaces.command_inside(POD);
    command.args(["setpriv", "--reuid", &user, "--regid", &user, "--clear-groups", "--pdeathsig", "KILL"]);
    let kind = match workload.proxy {
        Proxy::Gateway => "router",
        Proxy::Waypoint => "waypoint",
        Proxy::Sidecar | Proxy::None => "sidecar",
    };
    command.args(["/mnt/istio/pilot-agent", "proxy", kind]);
    command.args(["--domain", &format!("{}.svc.cluster.local", workload.namespace)]);
    command.args(["--proxyLogLevel", "warning,wasm:info,config:info", "--log_output_level", "default:info"]);
    command.env_clear().envs(environment(workload, address));
    Process::spawn(&name, command, logs)
}

/// Where the pod's access log lies for us.
pub fn access_log(folder: &Path) -> PathBuf {
    folder.join(Path::new(ACCESS_LOG).file_name().unwrap_or_default())
}

fn environment(workload: &Workload, address: Ipv4Addr) -> Vec<(&'static str, String)> {
    let (namespace, deployment, owners) = (&workload.namespace, workload.deployment(), workload.owners());
    let ports: Vec<_> = workload.ports.iter().map(|port| json!({"containerPort": port.number})).collect();
    let proxy = json!({
        "discoveryAddress": discovery(),
        "binaryPath": "/mnt/envoy",
        "statusPort": 15020,
        "concurrency": 2,
        // Removed plugins end within a scenario, not within Istio's 45 s.
        "drainDuration": "5s",
        "terminationDrainDuration": "1s",
        // When all workers run what a plugin's object asks for.
        "proxyStatsMatcher": {"inclusionPrefixes": ["extension_config_discovery"]},
    });
    let path = std::env::var("PATH").unwrap_or_default();
    let mut environment = vec![
        ("PATH", format!("{path}:/usr/sbin:/sbin")),
        ("HOME", POD.to_owned()),
        ("POD_NAME", workload.pod()),
        ("POD_NAMESPACE", namespace.clone()),
        ("INSTANCE_IP", address.to_string()),
        ("SERVICE_ACCOUNT", workload.service_account().to_owned()),
        ("HOST_IP", CONTROL_PLANE.to_string()),
        ("JWT_POLICY", "third-party-jwt".to_owned()),
        ("PILOT_CERT_PROVIDER", "istiod".to_owned()),
        ("CA_ADDR", discovery()),
        ("ISTIOD_SAN", "istiod.istio-system.svc".to_owned()),
        ("TRUST_DOMAIN", TRUST_DOMAIN.to_owned()),
        ("ISTIO_META_CLUSTER_ID", CLUSTER.to_owned()),
        ("ISTIO_META_MESH_ID", TRUST_DOMAIN.to_owned()),
        ("ISTIO_META_INTERCEPTION_MODE", "REDIRECT".to_owned()),
        ("ISTIO_META_NODE_NAME", "node1".to_owned()),
        ("ISTIO_META_WORKLOAD_NAME", deployment.clone()),
        ("ISTIO_META_OWNER", format!("kubernetes://apis/apps/v1/namespaces/{namespace}/{owners}/{deployment}")),
        ("ISTIO_META_APP_CONTAINERS", "app".to_owned()),
        // It would look for a cloud's metadata for two seconds.
        ("CLOUD_PLATFORM", "none".to_owned()),
        ("WASM_INSECURE_REGISTRIES", "*".to_owned()),
        ("ISTIO_META_POD_PORTS", json!(ports).to_string()),
        ("PROXY_CONFIG", proxy.to_string()),
    ];
    if workload.proxy == Proxy::Waypoint {
        environment.push(("ISTIO_META_ISTIO_VERSION", WAYPOINT_VERSION.to_owned()));
    }
    environment
}
