-- In HTML a picture is followed by its variant for the dark page, where one lies beside it (normstudy.report.dark).
-- Quarto's style shows the one that goes with the page, and hides the other from everybody.

local function there(path)
  local file = io.open(path)
  return file ~= nil and file:close()
end

function Image(picture)
  local variant = picture.src:gsub('%.%w+$', '-dark%0')
  if not quarto.doc.is_format 'html' or variant == picture.src or not there(variant) then return nil end
  local dark = picture:clone()
  dark.src = variant
  dark.classes:insert 'dark-content'
  picture.classes:insert 'light-content'
  return { picture, dark }
end
