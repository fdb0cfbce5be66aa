// The same computation as lines of PyTorch, one for each step, and the layer of torch.nn that does it all.

// By the name of a step: its line. `x` and `d_y` are tensors (N, C, H, W), `gamma`, `beta` and what BN keeps (C,).
function codeOf(method, kept) {
  const grouped = method.groups > 1, apart = `.unflatten(1, (${method.groups}, -1))`; // (N, C, …) to (N, G, C/G, …)
  const z = grouped ? "z" : "x", together = grouped ? ".flatten(1, 2)" : "";
  const over = meanAxes(method, grouped), perChannel = "[:, None, None]";
  const mean = (of) => `${of}.mean(${over}, keepdim=True)`;
  const scaled = `gamma${perChannel} * d_y`, away = method.centred ? `(${z} - mean)` : z;
  const left = ["d", method.centred && "mean_d", "x_hat * mean_dx"].filter(Boolean).join(" - ");
  return {
    mean: kept ? `mean = running_mean${perChannel}` : `${grouped ? `z = x${apart}; ` : ""}mean = ${mean(z)}`,
    variance: kept ? `var = running_var${perChannel}` : `var = ${mean(`${away}.square()`)}`,
    root: "root = (var + eps).sqrt()",
    xhat: `x_hat = ${away} / root`,
    y: `y = gamma${perChannel} * x_hat${together} + beta${perChannel}`,
    dbeta: "d_beta = d_y.sum((0, 2, 3))",
    dgamma: `d_gamma = (d_y * x_hat${together}).sum((0, 2, 3))`,
    d: `d = ${grouped ? `(${scaled})${apart}` : scaled}`,
    plain: `mean_d = ${mean("d")}`,
    withXhat: `mean_dx = ${mean("(d * x_hat)")}`,
    dx: kept ? "d_x = d / root" : `d_x = ${grouped ? `((${left}) / root)${together}` : `(${left}) / root`}`,
  };
}

// The axes of one mean as Python writes them, of (N, C, H, W) or, in groups, of (N, G, C/G, H, W).
function meanAxes({ shared, groups }, grouped) {
  const places = grouped ? { N: 0, K: 2, H: 3, W: 4 } : { N: 0, ...(groups ? { K: 1 } : {}), H: 2, W: 3 };
  const axes = [...shared].filter((axis) => axis in places).map((axis) => places[axis]);
  return `(${axes.join(", ")}${axes.length === 1 ? "," : ""})`;
}

// The layer that does it all, with ε where it is not the usual one. At test time BN has its running statistics.
function layerCode(method, { shape, eps, momentum, time }) {
  const channels = shape[1];
  // BatchNorm2d and InstanceNorm2d do not take 0.
  const usual = eps.number() === 1e-5, least = ["bn", "in"].includes(method.id) ? "1e-20" : "0";
  const given = `, eps=${eps.isZero ? least : eps.number()}`, last = usual ? "" : given;
  if (method.id === "bn") {
    const layer = `nn.BatchNorm2d(${channels}${last}, momentum=${momentum.number()})`;
    if (time !== "test") return `${layer}(x)`;
    return `bn = ${layer}.eval(); bn.running_mean, bn.running_var = running_mean, running_var; bn(x)`;
  }
  if (method.id === "in") return `nn.InstanceNorm2d(${channels}${last}, affine=True)(x)`;
  if (method.id === "ln2d") return `nn.LayerNorm(${channels}${last})(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)`;
  if (!method.centred) return `functional.rms_norm(x, x.shape[1:]${given})`;
  return `nn.GroupNorm(${method.groups}, ${channels}${last})(x)`;
}
